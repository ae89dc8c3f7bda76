import { type Revocations, revocations } from '@walking-buddy/access'
import type { Revocation } from '@walking-buddy/contracts/grpc/identity'
import { systemClock } from '@walking-buddy/service-kit'
import { until } from '@walking-buddy/testkit'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdentityUnderTest, identityUnderTest, type Person } from './identity-under-test.ts'

let identity: IdentityUnderTest
let watcher: Awaited<ReturnType<typeof watching>>
let mesh: Awaited<ReturnType<IdentityUnderTest['asService']>>
beforeAll(async () => {
  identity = await identityUnderTest()
  mesh = await identity.asService('mesh')
  watcher = await watching()
})
afterAll(async () => {
  await watcher.stop()
  await mesh.stop()
  await identity.stop()
})

type Subject = NonNullable<Revocation['subject']>

/** What matching, say, holds in memory of what has been revoked. */
async function watching() {
  const { client, stop } = await identity.asService('matching')
  const part = revocations({ identity: client, clock: systemClock, log: identity.process.log })
  const running = await part('revocations')
  const heard: Subject[] = []
  running.value.onRevocation(subject => heard.push(subject))
  await until(() => running.value.fresh(), { what: 'a fresh watch' })
  return {
    held: running.value,
    heard,
    stop: async () => {
      await running.stop!(AbortSignal.timeout(2_000))
      await stop()
    },
  }
}

const sessionOf = (person: Person) => decodeJwt(person.accessToken).sid as string
const isEnded = (held: Revocations, person: Person) =>
  held.assertActive({ userId: person.id, sessionId: sessionOf(person) }).then(
    () => false,
    error => error.code === 'session-ended',
  )
const within = async (what: string, withinMs: number, condition: () => boolean | Promise<boolean>) => {
  const started = performance.now()
  await until(condition, { what, withinMs })
  return performance.now() - started
}
const block = (person: Person, id: string, method = 'PUT') =>
  identity.call(method, `/api/users/${id}/block`, { token: person.accessToken })

describe('within a second everyone who watches knows', () => {
  test('of a logout, a token used twice and a suspension', async () => {
    const [out, reused, suspended] = await Promise.all([
      identity.register(),
      identity.register(),
      identity.register(),
    ])
    for (const person of [out, reused, suspended]) expect(await isEnded(watcher.held, person)).toBe(false)
    await identity.call('POST', '/api/auth/logout', { body: { refreshToken: out.refreshToken } })
    await within('the logout', 1_000, () => isEnded(watcher.held, out))

    const refresh = (refreshToken: string) =>
      identity.call('POST', '/api/auth/refresh', { body: { refreshToken } })
    const second = await refresh(reused.refreshToken)
    await refresh(second.body.refreshToken)
    await refresh(reused.refreshToken)
    await within('the reuse', 1_000, () => isEnded(watcher.held, reused))

    await mesh.client.suspendUser({ userId: suspended.id })
    await within('the suspension', 1_000, () => isEnded(watcher.held, suspended))
    expect(watcher.held.isSuspended(suspended.id)).toBe(true)

    await mesh.client.reinstateUser({ userId: suspended.id })
    await within('the reinstatement', 1_000, () => !watcher.held.isSuspended(suspended.id))
    expect(await isEnded(watcher.held, suspended)).toBe(true)
  })

  test('of a block and its end', async () => {
    const [ada, bea] = await Promise.all([identity.register(), identity.register()])
    await block(ada, bea.id)
    await within('the block', 1_000, () => watcher.held.recentlyBlocked(bea.id, ada.id) === true)
    await block(ada, bea.id, 'DELETE')
    await within(
      'the end of the block',
      1_000,
      async () => !(await watcher.held.isBlocked(ada.id, bea.id, () => false)),
    )
  })

  test('of consent given and taken back, in order, with its version', async () => {
    const ada = await identity.register()
    const heard = () =>
      watcher.heard.flatMap(subject =>
        subject.$case === 'locationConsentChanged' && subject.value.userId === ada.id ? [subject.value] : [],
      )
    for (const isLocationEnabled of [true, true, false])
      await identity.call('PUT', '/api/users/preferences', {
        token: ada.accessToken,
        body: { isLocationEnabled },
      })
    await within('both changes', 1_000, () => heard().length >= 2)
    expect(heard()).toEqual([
      { userId: ada.id, enabled: true, consentVersion: 1 },
      { userId: ada.id, enabled: false, consentVersion: 2 },
    ])
  })

  test('of what another instance committed', async () => {
    const other = await identity.startAnother()
    try {
      const ada = await identity.register()
      await identity.call('POST', '/api/auth/logout', {
        body: { refreshToken: ada.refreshToken },
        url: other.url,
      })
      await within('the logout', 1_000, () => isEnded(watcher.held, ada))
    } finally {
      await other.process.stop()
    }
  })
})

test('one’s own commits wake the watch: half of them are known within 100 ms, though a beat is 250', async () => {
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const ada = await identity.register()
    await identity.call('POST', '/api/auth/logout', { body: { refreshToken: ada.refreshToken } })
    times.push(await within('the logout', 1_000, () => isEnded(watcher.held, ada)))
  }
  expect(times.sort((a, b) => a - b)[7]).toBeLessThan(100)
})

test('who comes later learns of the last 15 minutes, and nothing older', async () => {
  const [ada, bea, cleo] = await Promise.all([identity.register(), identity.register(), identity.register()])
  await block(ada, bea.id)
  await block(ada, cleo.id)
  await identity.database.query(
    `UPDATE revocations SET at = at - interval '16 minutes' WHERE subject->>'blockedId' = $1`,
    [cleo.id],
  )
  const late = await watching()
  expect(late.held.recentlyBlocked(ada.id, bea.id)).toBe(true)
  expect(late.held.recentlyBlocked(ada.id, cleo.id)).toBeUndefined()
  await late.stop()
})

test('nothing is revoked of what did not commit', async () => {
  const ada = await identity.register()
  const before = await identity.database.query('SELECT count(*) FROM revocations')
  await block(ada, ada.id)
  await identity.call('PUT', '/api/users/preferences', {
    token: ada.accessToken,
    body: { isLocationEnabled: true, ageRangeMin: 90, ageRangeMax: 20 },
  })
  expect(await identity.database.query('SELECT count(*) FROM revocations')).toEqual(before)
})
