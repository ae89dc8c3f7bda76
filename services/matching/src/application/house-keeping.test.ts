import { fakeClock } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import { accountOf, someTown } from '../../test/town.ts'
import type { Account } from '../domain/facts.ts'
import { settleRevocations } from './house-keeping.ts'

const quarterHour = 15 * 60_000

function settling() {
  const { walkers, ids } = someTown({ users: 3 })
  const clock = fakeClock()
  const apart = new Map<string, string[]>()
  const accounts = new Map<string, Account>()
  const asked: string[] = []
  const owner = {
    byIds: async (userIds: readonly string[]) => userIds.flatMap(id => accounts.get(id) ?? []),
    async apartFrom(userId: string) {
      asked.push(userId)
      return apart.get(userId) ?? []
    },
  }
  const [anna, ben] = [ids[0]!, ids[1]!]
  const keptApart = () => walkers.apartFrom(walkers.find(anna))?.has(walkers.find(ben)) ?? false
  return {
    walkers,
    clock,
    apart,
    accounts,
    asked,
    anna,
    ben,
    keptApart,
    settle: () => settleRevocations({ walkers, accounts: owner, clock }),
  }
}

describe('what the watch told is settled', () => {
  test('with the record where it has the block: from then on the record decides', async () => {
    const { walkers, clock, anna, ben, asked, keptApart, settle } = settling()
    walkers.keepApartNow(anna, ben, true, clock.now())
    walkers.learnBlocks({ userId: anna, version: 1, blockedIds: [ben] })
    await clock.advance(quarterHour + 1)
    await settle()
    expect(keptApart()).toBe(true)
    expect(asked).toEqual([])
    walkers.learnBlocks({ userId: anna, version: 2, blockedIds: [] })
    expect(keptApart()).toBe(false)
  })

  test('with identity where the record lags: a block holds as long as identity says so', async () => {
    const { walkers, clock, apart, anna, ben, keptApart, settle } = settling()
    apart.set(anna, [ben]).set(ben, [anna])
    walkers.keepApartNow(anna, ben, true, clock.now())
    for (let times = 0; times < 3; times++) {
      await clock.advance(quarterHour + 1)
      await settle()
      expect(keptApart()).toBe(true)
    }
    apart.clear()
    await clock.advance(quarterHour + 1)
    await settle()
    expect(keptApart()).toBe(false)
  })

  test('not before a quarter of an hour', async () => {
    const { walkers, clock, anna, ben, keptApart, settle } = settling()
    walkers.keepApartNow(anna, ben, true, clock.now())
    await clock.advance(quarterHour - 1)
    await settle()
    expect(keptApart()).toBe(true)
  })

  test('also for suspensions whose end was missed', async () => {
    const { walkers, clock, accounts, anna, ben, settle } = settling()
    walkers.suspendNow(anna, true, clock.now())
    walkers.suspendNow(ben, true, clock.now())
    accounts
      .set(anna, accountOf(anna, { version: 3 }))
      .set(ben, accountOf(ben, { version: 3, suspended: true }))
    await clock.advance(quarterHour + 1)
    await settle()
    expect(walkers.cellOf(walkers.find(anna))).toBeDefined()
    expect(walkers.cellOf(walkers.find(ben))).toBeUndefined()
  })
})
