import type { WatchNearbyResponse } from '@walking-buddy/contracts/grpc/matching'
import { until } from '@walking-buddy/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type MatchingUnderTest, matchingUnderTest, townAt } from './matching-under-test.ts'

let matching: MatchingUnderTest
let realtime: Awaited<ReturnType<MatchingUnderTest['asService']>>
beforeAll(async () => {
  matching = await matchingUnderTest()
  realtime = await matching.asService('realtime')
})
afterAll(() => matching.stop())

let towns = 0
const town = () => {
  const { lat, lng } = townAt(towns++ * 0.5)
  return (northMeters = 0) => ({ lat: lat + northMeters / 111_195, lng })
}

const open: AbortController[] = []
afterEach(() => {
  for (const stream of open.splice(0)) stream.abort()
})

/** One instance of realtime: what it was sent, by viewer. */
function watching() {
  const stream = new AbortController()
  open.push(stream)
  const { send, responses } = realtime.watchNearby({ signal: stream.signal })
  const received: { at: number; response: WatchNearbyResponse }[] = []
  const reading = (async () => {
    for await (const response of responses) received.push({ at: performance.now(), response })
  })()
  const of = (viewer: { id: string }) => received.filter(({ response }) => response.viewerId === viewer.id)
  const last = (viewer: { id: string }) =>
    of(viewer)
      .at(-1)
      ?.response.walkers.map(walker => walker.userId)
  return {
    of,
    last,
    add: (...viewers: { id: string }[]) =>
      send({ addViewerIds: viewers.map(({ id }) => id), removeViewerIds: [] }),
    remove: (...viewers: { id: string }[]) =>
      send({ addViewerIds: [], removeViewerIds: viewers.map(({ id }) => id) }),
    until: (viewer: { id: string }, ...people: { id: string }[]) =>
      until(() => JSON.stringify(last(viewer)) === JSON.stringify(people.map(({ id }) => id)), {
        withinMs: 5_000,
        what: 'the list',
      }),
    end: async () => {
      stream.abort()
      await reading
    },
  }
}

describe('WatchNearby', () => {
  test('each viewer gets their list at first, empty where they are not visible', async () => {
    const at = town()
    const [viewer, other, hidden] = await matching.people({ at: at() }, { at: at(300) }, { at: at() })
    await matching.move(hidden!, null)
    const stream = watching()
    await stream.add(viewer!, hidden!)
    await stream.until(viewer!, other!)
    await stream.until(hidden!)
    const [first] = stream.of(viewer!)
    const inRest = (await matching.get(viewer!.id)).body.items[0]!
    expect(first!.response.walkers[0]).toMatchObject({
      username: inRest.username,
      age: inRest.age,
      gender: inRest.gender,
      preferredPace: inRest.preferredPace,
      profilePhotoUrl: '',
      cell: other!.presence.cell,
      distanceMeters: inRest.distanceMeters,
      lastSeen: new Date(inRest.lastSeen),
    })
  })

  test('lists follow who comes, moves, changes and leaves, and one becoming visible oneself', async () => {
    const at = town()
    const [viewer] = await matching.people({ at: at() })
    const stream = watching()
    await stream.add(viewer!)
    await stream.until(viewer!)
    const [near, far] = await matching.people({ at: at(300) }, { at: at(1_500) })
    await stream.until(viewer!, near!, far!)
    await matching.move(far!, at(0))
    await matching.move(near!, at(1_500))
    await stream.until(viewer!, far!, near!)
    await matching.changeUser(near!, { username: 'Renamed' })
    await matching.move(far!, null)
    await stream.until(viewer!, near!)
    expect(stream.of(viewer!).at(-1)!.response.walkers[0]!.username).toBe('Renamed')
    await matching.move(viewer!, null)
    await stream.until(viewer!)
    await matching.move(viewer!, at(0))
    await stream.until(viewer!, near!)
  })

  test('nothing is sent for what does not concern a viewer', async () => {
    const at = town()
    const [viewer, other, unsuited, remote] = await matching.people(
      { at: at() },
      { at: at(300) },
      { at: at(300), user: { preferences: { ageRangeMin: 90 } } },
      { at: at(12_000) },
    )
    const stream = watching()
    await stream.add(viewer!)
    await stream.until(viewer!, other!)
    await matching.changeUser(unsuited!, { username: 'Elsewhere', preferences: { ageRangeMin: 90 } })
    await matching.move(remote!, at(13_000))
    await matching.changeUser(other!, { username: 'Signal' })
    await until(() => stream.of(viewer!).at(-1)!.response.walkers[0]?.username === 'Signal')
    expect(stream.of(viewer!)).toHaveLength(2)
  })

  test('many changes within a second make one list, a revocation is told at once', async () => {
    const at = town()
    const [viewer, moving, blocked] = await matching.people({ at: at() }, { at: at(300) }, { at: at(350) })
    const stream = watching()
    await stream.add(viewer!)
    await until(() => stream.of(viewer!).length === 1)
    await matching.move(moving!, at(100))
    await until(() => stream.of(viewer!).length === 2)
    for (let step = 0; step < 8; step++) await matching.move(moving!, at(step % 2 ? 100 : 2_000))
    const before = stream.of(viewer!).length
    const toldAt = performance.now()
    await matching.owners.revoke({
      $case: 'pairBlocked',
      value: { blockerId: blocked!.id, blockedId: viewer!.id },
    })
    await until(() => stream.last(viewer!)?.includes(blocked!.id) === false, { withinMs: 2_000 })
    expect(stream.of(viewer!).at(-1)!.at - toldAt).toBeLessThan(900)
    expect(before).toBeLessThanOrEqual(4)
  })

  test('a viewer who is taken off, and the viewers of a stream that ended, are not watched any more', async () => {
    const at = town()
    const [one, two] = await matching.people({ at: at() }, { at: at(300) })
    const metric = async () =>
      Number(/^nearby_watched_viewers\{.*\} (\d+)$/m.exec(await matching.process.metrics.text())?.[1])
    await until(async () => (await metric()) === 0)
    const stream = watching()
    const other = watching()
    await stream.add(one!, two!)
    await other.add(one!)
    await until(async () => (await metric()) === 3)
    // The first lists are there: what comes from now on is a change.
    await until(() => stream.of(one!).length === 1 && other.of(one!).length === 1)
    await stream.remove(two!)
    await until(async () => (await metric()) === 2)
    await stream.end()
    await until(async () => (await metric()) === 1)
    await matching.move(two!, at(600))
    await until(() => other.of(one!).length === 2)
    expect(stream.of(one!)).toHaveLength(1)
  })

  test('while the watch is silent and identity does not answer, nothing new is told; afterwards the lists follow', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at(300) })
    const stream = watching()
    await stream.add(viewer!)
    await stream.until(viewer!, other!)
    matching.owners.beat(false)
    matching.owners.down.add('identity')
    await until(async () => (await matching.get(viewer!.id)).status === 503, { withinMs: 5_000 })
    const [third] = await matching.people({ at: at(700) })
    await until(() => matching.owners.calls.at(-1) === 'listBlocks')
    expect(stream.of(viewer!)).toHaveLength(1)
    matching.owners.down.delete('identity')
    matching.owners.beat(true)
    await stream.until(viewer!, other!, third!)
  })
})
