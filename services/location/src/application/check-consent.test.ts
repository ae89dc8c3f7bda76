import { unavailable } from '@walking-buddy/errors'
import { fakeClock } from '@walking-buddy/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Account } from '../domain/account.ts'
import { checkConsent } from './check-consent.ts'

const account = (about: Partial<Account> = {}): Account => ({
  userId: 'ann',
  version: 3,
  locationEnabled: true,
  consentVersion: 1,
  suspended: false,
  ...about,
})

let model: Account[]
let owned: Account[]
let asked: number
let fresh: boolean
let down: boolean
let clock: ReturnType<typeof fakeClock>
let consents: ReturnType<typeof checkConsent>

beforeEach(() => {
  ;[model, owned, asked, fresh, down] = [[account()], [account()], 0, true, false]
  clock = fakeClock()
  consents = checkConsent({
    accounts: {
      find: async ids =>
        model
          .filter(({ userId }) => ids.includes(userId))
          .map(known => ({ ...known, consentVersionUsed: -1 })),
      learn: async () => {},
    },
    owner: {
      find: async ids => {
        asked++
        if (down) throw unavailable('unavailable')
        return owned.filter(({ userId }) => ids.includes(userId))
      },
      mayMeet: async () => true,
    },
    revoked: { fresh: () => fresh, isSuspended: () => false, recentlyBlocked: () => undefined },
    clock,
  })
})

const given = async (userId = 'ann'): Promise<boolean | 'nobody can tell'> => {
  const person = (await consents.of([userId])).get(userId)
  return person ? consents.consentOf(person).given : 'nobody can tell'
}

describe('while the watch is fresh', () => {
  test('consent in the read model is enough', async () => {
    expect(await given()).toBe(true)
    expect(asked).toBe(0)
  })

  test('no refusal rests on the read model, nor on an earlier word of the owner', async () => {
    model = [account({ locationEnabled: false })]
    owned = [account({ locationEnabled: false })]
    expect(await given()).toBe(false)
    owned = [account({ version: 4, consentVersion: 2 })]
    expect(await given()).toBe(true)
    expect(asked).toBe(2)
  })

  test('someone unknown to the read model is asked for, someone unknown to the owner has given none', async () => {
    model = []
    expect(await given()).toBe(true)
    expect(await given('nobody')).toBe(false)
  })

  test('a read model that is away costs a question, not the position', async () => {
    model = new Proxy([], {
      get: () => {
        throw unavailable('database-unavailable')
      },
    })
    expect(await given()).toBe(true)
    expect(asked).toBe(1)
  })

  test('what the watch told of is not undone by an older answer that arrives later', async () => {
    await given()
    consents.heard(account({ locationEnabled: false, consentVersion: 2 }))
    expect(await given()).toBe(false)
  })
})

describe('while it is not', () => {
  beforeEach(() => {
    fresh = false
  })

  test('the owner’s yes is good for half a second, its no for nothing', async () => {
    expect([await given(), await given()]).toEqual([true, true])
    expect(asked).toBe(1)
    owned = [account({ version: 4, locationEnabled: false, consentVersion: 2 })]
    await clock.advance(501)
    expect(await given()).toBe(false)
    expect(await given()).toBe(false)
    expect(asked).toBe(3)
  })

  test('and the owner is away, nobody can tell', async () => {
    down = true
    expect(await given()).toBe('nobody can tell')
  })

  test('for longer than the watch looks back, nothing that was remembered counts', async () => {
    fresh = true
    await given()
    model = []
    await clock.advance(15 * 60_000)
    expect(await given()).toBe(true)
    expect(asked).toBe(1)
  })
})
