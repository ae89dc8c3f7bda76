import { randomUUID } from 'node:crypto'
import { areaOf, cellAt } from '@walking-buddy/cells'
import { WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Instance, openStream, startWorld, until, type World } from './harness.ts'

const minute = 60_000
let world: World
let location: Instance
let other: Instance

beforeAll(async () => {
  world = await startWorld()
  location = await world.startInstance()
  other = await world.startInstance()
})
afterAll(() => world?.stop())

/** `meters` north of a spot far from any place. */
const spot = (meters: number) => ({ lat: 48.2 + meters / 111_195, lng: -20.3 })

/** Two people on a walk, each on a stream of their own, perhaps of different instances. */
async function pair(about: { at?: Instance; seenAt?: Instance } = {}) {
  const ann = await world.person()
  const ben = await world.person()
  const walkId = randomUUID()
  const annStream = openStream((about.at ?? location).grpc)
  const benStream = openStream((about.seenAt ?? location).grpc)
  await benStream.subscribe([ben.userId])
  let meters = 0
  return {
    ann,
    ben,
    walkId,
    annStream,
    benStream,
    begin: (window = {}) => world.walk.begin(walkId, ann.userId, ben.userId, window),
    /** Ann walks on; what she reports. */
    async step() {
      meters += 2
      const where = spot(meters)
      const [result] = await annStream.report([{ userId: ann.userId, ...where }])
      expect(result!.code).toBe('')
      return where
    },
    async seesAnn() {
      const before = benStream.partners.length
      await until(
        async () => {
          await this.step()
          return benStream.partners.length > before
        },
        { what: 'ben seeing ann', withinMs: 4_000 },
      )
    },
    /** Resolves when nothing has come down for long enough to be sure; how long after `from` the last one came. */
    async lastSeenAfter(from: number): Promise<number> {
      let count = benStream.partners.length
      let lastMs = from
      for (const end = from + 1_200; performance.now() < end; ) {
        await this.step()
        if (benStream.partners.length > count) {
          count = benStream.partners.length
          lastMs = performance.now()
        }
      }
      return lastMs - from
    },
    async close() {
      await annStream.close()
      await benStream.close()
    },
  }
}

describe.concurrent('a partner sees where one is', () => {
  test('exactly, within the window of an open walk, and the other way only what the other reports', async () => {
    const walkers = await pair()
    walkers.begin()
    await walkers.seesAnn()
    const last = walkers.benStream.partners.at(-1)!
    expect(last).toMatchObject({
      recipientId: walkers.ben.userId,
      walkId: walkers.walkId,
      userId: walkers.ann.userId,
      lng: -20.3,
    })
    expect(walkers.annStream.partners).toEqual([])
    await walkers.close()
  })

  test('whichever instance the positions come in at', async () => {
    const walkers = await pair({ at: location, seenAt: other })
    walkers.begin()
    await walkers.seesAnn()
    await walkers.close()
  })

  test('at once on subscribing, when a position is known', async () => {
    const walkers = await pair()
    const where = await walkers.step()
    walkers.begin()
    await until(() => walkers.benStream.partners.length > 0, { what: 'the known position' })
    expect(walkers.benStream.partners[0]).toMatchObject(where)
    await walkers.close()
  })

  test('and nobody else does: not without a walk, before the window, with the switch off, nor on another stream', async () => {
    const walkers = await pair()
    const eve = openStream(location.grpc)
    await eve.subscribe([randomUUID(), walkers.ann.userId])
    await walkers.step()
    walkers.begin({ shareFrom: new Date(world.clock.now() + 60 * minute) })
    await walkers.step()
    world.walk.change(walkers.walkId, { shareFrom: new Date(world.clock.now() - 1), initiatorShares: false })
    const from = performance.now()
    await walkers.lastSeenAfter(from)
    expect(walkers.benStream.partners).toEqual([])
    world.walk.change(walkers.walkId, { initiatorShares: true })
    await walkers.seesAnn()
    expect(eve.partners).toEqual([])
    await eve.close()
    await walkers.close()
  })

  test('latest wins: a burst comes down as few positions, the last one among them', async () => {
    const walkers = await pair()
    walkers.begin()
    await walkers.seesAnn()
    const before = walkers.benStream.partners.length
    let last = { lat: 0, lng: 0 }
    for (let i = 0; i < 40; i++) last = await walkers.step()
    await until(() => walkers.benStream.partners.at(-1)?.lat === last.lat, { what: 'the last one' })
    expect(walkers.benStream.partners.length - before).toBeLessThan(30)
    await walkers.close()
  })
})

describe.concurrent('it stops within a second', () => {
  const reasons: [string, (walkers: Awaited<ReturnType<typeof pair>>) => void][] = [
    [
      'when the walk ends',
      ({ walkId }) => world.walk.change(walkId, { open: false, status: WalkStatus.COMPLETED }),
    ],
    [
      'when the sender’s switch goes off',
      ({ walkId }) => world.walk.change(walkId, { initiatorShares: false }),
    ],
    [
      'when the window is over',
      ({ walkId }) => world.walk.change(walkId, { shareUntil: new Date(world.clock.now()) }),
    ],
    ['when the partner is blocked', ({ ann, ben }) => world.identity.block(ann.userId, ben.userId)],
    ['when the one blocks who is seen', ({ ann, ben }) => world.identity.block(ben.userId, ann.userId)],
    ['when the partner is suspended', ({ ben }) => void world.identity.suspend(ben.userId)],
  ]
  for (const [reason, stop] of reasons)
    test(reason, async () => {
      const walkers = await pair()
      walkers.begin()
      await walkers.seesAnn()
      const from = performance.now()
      stop(walkers)
      expect(await walkers.lastSeenAfter(from)).toBeLessThan(1_000)
      await walkers.close()
    })
})

describe('it stops within a second of what was heard last', () => {
  test('without beats of walk: not a second longer than they are missing', async () => {
    const walkers = await pair()
    walkers.begin()
    await walkers.seesAnn()
    const from = performance.now()
    world.walk.mute(true)
    expect(await walkers.lastSeenAfter(from)).toBeLessThan(1_500)
    world.walk.mute(false)
    await walkers.seesAnn()
    await walkers.close()
  })

  test('without beats of identity it goes on by its word, and ends with it', async () => {
    const walkers = await pair()
    walkers.begin()
    await walkers.seesAnn()
    world.identity.mute(true)
    const pairs = world.identity.asked.pairs
    await until(async () => {
      await walkers.step()
      return world.identity.asked.pairs > pairs
    })
    await walkers.seesAnn()
    const from = performance.now()
    world.identity.block(walkers.ann.userId, walkers.ben.userId)
    expect(await walkers.lastSeenAfter(from)).toBeLessThan(1_000)
    world.identity.mute(false)
    await walkers.close()
  })
})

test('near home the partner sees the centre of the cell, whatever the exact position there', async () => {
  const walkers = await pair()
  const home = { lat: 48.3, lng: -20.4 }
  const centre = areaOf(cellAt(home.lat, home.lng, 800))
  for (let minutes = 0; minutes <= 12; minutes += 4) {
    await walkers.annStream.report([{ userId: walkers.ann.userId, ...home }])
    world.clock.shift(4 * minute)
  }
  await walkers.annStream.report([{ userId: walkers.ann.userId, ...home }])
  await until(
    async () =>
      (
        await world.database.query('SELECT FROM presences WHERE user_id = $1 AND places IS NOT NULL', [
          walkers.ann.userId,
        ])
      ).length === 1,
  )
  walkers.begin()
  await until(() => walkers.benStream.partners.length > 0, { what: 'the masked position' })
  await walkers.annStream.report([{ userId: walkers.ann.userId, lat: home.lat + 0.0004, lng: home.lng }])
  await until(() => walkers.benStream.partners.length > 1)
  for (const { lat, lng } of walkers.benStream.partners)
    expect({ lat, lng }).toEqual({ lat: centre.lat, lng: centre.lng })
  world.clock.shift(10_000)
  await walkers.annStream.report([{ userId: walkers.ann.userId, lat: home.lat + 0.001, lng: home.lng }])
  await until(() => walkers.benStream.partners.at(-1)?.lat === home.lat + 0.001, {
    what: 'the exact position, away from home',
  })
  await until(() => world.walk.recorded.filter(({ walkId }) => walkId === walkers.walkId).length >= 2)
  expect(
    world.walk.recorded.filter(({ walkId }) => walkId === walkers.walkId).map(({ nearPlace }) => nearPlace),
  ).toEqual([true, false])
  await walkers.close()
})

test('leaving for a walk hides on the own tick', async () => {
  const walkers = await pair()
  await walkers.step()
  await until(() => world.told(walkers.ann.userId).length === 1)
  walkers.begin({ shareFrom: new Date(world.clock.now()) })
  await until(async () => !(await walkers.ann.availability(location)).body.available, {
    what: 'the end of availability',
  })
  expect((await walkers.ann.availability(location)).body.area).not.toBeNull()
  world.clock.shift(5 * minute)
  await until(() => world.told(walkers.ann.userId).at(-1)?.cell === '', { what: 'the tick' })
  await walkers.close()
})
