import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MatchingUnderTest, matchingUnderTest, townAt } from './matching-under-test.ts'

let matching: MatchingUnderTest
beforeAll(async () => {
  matching = await matchingUnderTest()
})
afterAll(() => matching.stop())

let towns = 0
const town = () => townAt(towns++ * 0.5)

const secondsUntil = async (condition: () => Promise<boolean>): Promise<number> => {
  const started = performance.now()
  await until(condition, { withinMs: 5_000 })
  return (performance.now() - started) / 1_000
}

const sees = async (viewer: { id: string }, other: { id: string }) =>
  (await matching.names(viewer.id)).includes(other.id)

describe('the watch of revocations acts within a second, without any event', () => {
  test('a block hides both from each other, and lifting it shows them again', async () => {
    const at = town()
    const [one, other] = await matching.people({ at }, { at })
    expect(await sees(one!, other!)).toBe(true)
    await matching.owners.revoke({
      $case: 'pairBlocked',
      value: { blockerId: one!.id, blockedId: other!.id },
    })
    expect(await secondsUntil(async () => !(await sees(one!, other!)))).toBeLessThan(1)
    expect(await sees(other!, one!)).toBe(false)
    await matching.owners.revoke({
      $case: 'pairUnblocked',
      value: { blockerId: one!.id, blockedId: other!.id },
    })
    expect(
      await secondsUntil(async () => (await sees(one!, other!)) && (await sees(other!, one!))),
    ).toBeLessThan(1)
  })

  test('a suspension hides, and is over when it is taken back', async () => {
    const at = town()
    const [one, other] = await matching.people({ at }, { at })
    await matching.owners.revoke({ $case: 'userSuspended', value: { userId: other!.id } })
    expect(await secondsUntil(async () => !(await sees(one!, other!)))).toBeLessThan(1)
    await matching.owners.revoke({ $case: 'userReinstated', value: { userId: other!.id } })
    expect(await secondsUntil(() => sees(one!, other!))).toBeLessThan(1)
  })

  test('withdrawn consent hides, and an older account does not show again', async () => {
    const at = town()
    const [one, other] = await matching.people({ at }, { at })
    await matching.owners.revoke({
      $case: 'locationConsentChanged',
      value: { userId: other!.id, enabled: false, consentVersion: 2 },
    })
    expect(await secondsUntil(async () => !(await sees(one!, other!)))).toBeLessThan(1)
    await matching.changeUser(other!, { preferences: { locationConsentVersion: 1 } })
    expect(await sees(one!, other!)).toBe(false)
    await matching.changeUser(other!, { preferences: { locationConsentVersion: 3 } })
    expect(await sees(one!, other!)).toBe(true)
  })

  test('an instance that starts afterwards hides whom the watch tells of', async () => {
    const at = town()
    const [one, other, third] = await matching.people({ at }, { at }, { at })
    await matching.owners.revoke({
      $case: 'pairBlocked',
      value: { blockerId: other!.id, blockedId: one!.id },
    })
    const another = await matching.startAnother()
    await until(async () => (await matching.names(one!.id, '', another.url)).length === 1)
    expect(await matching.names(one!.id, '', another.url)).toEqual([third!.id])
    await another.process.stop()
  })
})

describe('blocks on record', () => {
  test('keep two people apart in lists of both, from the event alone', async () => {
    const at = town()
    const [one, other, third] = await matching.people({ at }, { at }, { at })
    await matching.publish([matching.blocksRecord(one!.id, 1, [other!.id])])
    await until(async () => !(await sees(one!, other!)))
    expect(await matching.names(one!.id)).toEqual([third!.id])
    expect(await matching.names(other!.id)).toEqual([third!.id])
  })
})

describe('while the watch is silent', () => {
  test('identity is asked for each list, and without its word there is none', async () => {
    const at = town()
    const { owners } = matching
    const [viewer, blocked, suspended, erased, fine] = await matching.people(
      { at },
      { at },
      { at },
      { at },
      { at },
    )
    // Nothing of this was ever told by an event or by the watch.
    owners.blocks.set(blocked!.id, new Set([viewer!.id]))
    owners.users.set(suspended!.id, { ...suspended!.user, version: 2, suspended: true })
    owners.users.delete(erased!.id)
    expect(await matching.names(viewer!.id)).toHaveLength(4)
    owners.beat(false)
    try {
      await until(async () => (await matching.names(viewer!.id)).length === 1, { withinMs: 5_000 })
      expect(await matching.names(viewer!.id)).toEqual([fine!.id])
      owners.down.add('identity')
      const answer = await matching.get(viewer!.id)
      expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
    } finally {
      owners.down.delete('identity')
      owners.beat(true)
    }
    owners.calls.length = 0
    await until(async () => {
      owners.calls.length = 0
      return (await matching.get(viewer!.id)).status === 200 && owners.calls.length === 0
    })
  })
})
