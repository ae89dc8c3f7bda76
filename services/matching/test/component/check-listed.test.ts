import { randomUUID } from 'node:crypto'
import { Pace } from '@walking-buddy/contracts/grpc/identity'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MatchingUnderTest, matchingUnderTest, townAt } from './matching-under-test.ts'

let matching: MatchingUnderTest
let walk: Awaited<ReturnType<MatchingUnderTest['asService']>>
beforeAll(async () => {
  matching = await matchingUnderTest()
  walk = await matching.asService('walk')
})
afterAll(() => matching.stop())

let towns = 0
const town = () => {
  const { lat, lng } = townAt(towns++ * 0.5)
  return (northMeters = 0) => ({ lat: lat + northMeters / 111_195, lng })
}

const listed = async (viewerId: string, ...subjectIds: string[]) =>
  (await walk.checkListed({ viewerId, subjectIds })).listedIds

describe('CheckListed', () => {
  test('names exactly those whom the longest list of the viewer has', async () => {
    const at = town()
    const all = await matching.people(...Array.from({ length: 130 }, (_, i) => ({ at: at(40 * i) })))
    const [viewer, ...others] = all.map(({ id }) => id)
    const shown = await matching.names(viewer!, '?limit=100')
    expect(shown).toHaveLength(100)
    const asked = [others.slice(0, 65), others.slice(65)]
    const answers = await Promise.all(asked.map(ids => listed(viewer!, ...ids)))
    expect(new Set(answers.flat())).toEqual(new Set(shown))
  })

  test('whoever is on the list is answered from memory', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at(300) })
    matching.owners.calls.length = 0
    expect(await listed(viewer!.id, other!.id)).toEqual([other!.id])
    for (const question of ['batchGetPublished', 'listBlocks'])
      expect(matching.owners.calls).not.toContain(question)
  })

  test('unknown, hidden, blocked, filtered, far and suspended are refused alike, by the same questions to the owners', async () => {
    const at = town()
    const { owners } = matching
    const [viewer, hidden, blocked, filtered, far, suspended] = await matching.people(
      { at: at(), user: { preferences: { preferredPace: Pace.SLOW } } },
      { at: at() },
      { at: at() },
      { at: at(), user: { preferences: { preferredPace: Pace.BRISK } } },
      { at: at(9_000) },
      { at: at(), user: { suspended: true } },
    )
    await matching.move(hidden!, null)
    owners.blocks.set(blocked!.id, new Set([viewer!.id]))
    await owners.revoke({ $case: 'pairBlocked', value: { blockerId: blocked!.id, blockedId: viewer!.id } })
    const subjects = [randomUUID(), ...[hidden, blocked, filtered, far, suspended].map(person => person!.id)]
    const questions: string[] = []
    for (const subject of subjects) {
      owners.calls.length = 0
      expect(await listed(viewer!.id, subject)).toEqual([])
      questions.push([...owners.calls].sort().join(' '))
    }
    expect(new Set(questions)).toEqual(new Set(['batchGetPublished batchGetUsers listBlocks']))
  })

  test('a refusal is not decided on what is known here: who has just become visible, or was unblocked, may be asked', async () => {
    const at = town()
    const { owners } = matching
    const [viewer, unblocked] = await matching.people({ at: at() }, { at: at() })
    await owners.revoke({ $case: 'pairBlocked', value: { blockerId: viewer!.id, blockedId: unblocked!.id } })
    const visible = matching.own({ at: at(200) })
    expect(await listed(viewer!.id, visible.id, unblocked!.id)).toEqual([visible.id, unblocked!.id])
  })

  test('an owner that does not answer leaves the question open instead of refusing', async () => {
    const at = town()
    const [viewer] = await matching.people({ at: at() })
    for (const owner of ['identity', 'location'] as const) {
      matching.owners.down.add(owner)
      const failure = await listed(viewer!.id, randomUUID()).catch(error => error)
      matching.owners.down.delete(owner)
      expect(['unavailable', 'timeout']).toContain(failure.kind)
      // Callers let a service that failed rest for a moment.
      await until(async () => (await listed(viewer!.id, randomUUID())).length === 0)
    }
  })

  test('whoever is not visible has nobody on their list', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at() })
    await matching.move(viewer!, null)
    expect(await listed(viewer!.id, other!.id)).toEqual([])
  })

  test('the difference in time between reasons of refusal is noise', async () => {
    const at = town()
    const [viewer, far] = await matching.people({ at: at() }, { at: at(9_000) })
    const times = { unknown: [] as number[], far: [] as number[] }
    const timed = async (kind: keyof typeof times, subject: string) => {
      const started = performance.now()
      await listed(viewer!.id, subject)
      times[kind].push(performance.now() - started)
    }
    for (let round = 0; round < 80; round++) {
      await timed('unknown', randomUUID())
      await timed('far', far!.id)
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
    const [unknown, known] = [median(times.unknown), median(times.far)]
    expect(Math.max(unknown, known) / Math.min(unknown, known)).toBeLessThan(1.5)
  })

  test('only walk and identity may ask, at most a hundred at once, by UUIDs', async () => {
    const chat = await matching.asService('chat')
    await expect(chat.checkListed({ viewerId: randomUUID(), subjectIds: [] })).rejects.toMatchObject({
      kind: 'forbidden',
    })
    const many = Array.from({ length: 101 }, () => randomUUID())
    await expect(listed(randomUUID(), ...many)).rejects.toMatchObject({ kind: 'invalid' })
    await expect(listed('nobody')).rejects.toMatchObject({ kind: 'invalid' })
  })
})
