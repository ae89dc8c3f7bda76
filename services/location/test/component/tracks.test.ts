import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, openStream, startWorld, until, type World } from './harness.ts'

let world: World
let location: Instance

beforeAll(async () => {
  world = await startWorld()
  location = await world.startInstance()
})
afterAll(() => world?.stop())

const spot = (meters: number) => ({ lat: 48.2 + meters / 111_195, lng: -20.3 })
const trackOf = (walkId: string) => world.walk.recorded.filter(point => point.walkId === walkId)

async function walking() {
  const ann = await world.person()
  const walkId = randomUUID()
  const stream = openStream(location.grpc)
  await stream.report([{ userId: ann.userId, ...spot(0) }])
  world.walk.begin(walkId, ann.userId, randomUUID())
  await until(async () => {
    await stream.report([{ userId: ann.userId, ...spot(0) }])
    return trackOf(walkId).length > 0
  })
  return { ann, walkId, stream }
}

test('what is acknowledged to someone who walks is durable in the track by then', async () => {
  const { ann, walkId, stream } = await walking()
  world.walk.holdBack(true)
  const before = trackOf(walkId).length
  const reported = stream.report([{ userId: ann.userId, ...spot(1) }])
  let told = false
  void reported.then(() => (told = true))
  const other = await world.person()
  await stream.report([{ userId: other.userId, ...spot(9_000) }])
  expect(told).toBe(false)
  world.walk.holdBack(false)
  await reported
  expect(trackOf(walkId).length).toBe(before + 1)
  await stream.close()
})

test('walk away: positions are taken all the same, and every one of them is in the track when it is back', async () => {
  const { ann, walkId, stream } = await walking()
  const before = trackOf(walkId).length
  await world.walk.stop()
  const startedMs = performance.now()
  const reported: number[] = []
  for (let i = 1; i <= 50; i++) {
    const recordedAt = new Date(world.clock.now())
    const [result] = await stream.report([{ userId: ann.userId, ...spot(i), recordedAt }])
    expect(result!.code).toBe('')
    reported.push(spot(i).lat)
  }
  expect(performance.now() - startedMs).toBeLessThan(6_000)
  await world.walk.start()
  await until(
    () =>
      new Set(
        trackOf(walkId)
          .slice(before)
          .map(({ lat }) => lat),
      ).size === 50,
    { what: 'the whole track' },
  )
  const distinct = [
    ...new Set(
      trackOf(walkId)
        .slice(before)
        .map(({ lat }) => lat),
    ),
  ]
  expect(distinct).toEqual(reported)
  await stream.close()
})

test('late points go to the track, though they tell nobody where one is', async () => {
  const { ann, walkId, stream } = await walking()
  const recordedAt = new Date(world.clock.now() - 20 * 60_000)
  await stream.report([{ userId: ann.userId, ...spot(4_000), recordedAt }])
  expect(trackOf(walkId).at(-1)).toMatchObject({ recordedAt, lat: spot(4_000).lat })
  expect((await stream.report([{ userId: ann.userId, ...spot(1) }]))[0]!.code).toBe('')
  await stream.close()
})

test('nothing is recorded of people without a walk, nor of refused positions', async () => {
  const { ann, walkId, stream } = await walking()
  const before = trackOf(walkId).length
  const [refused] = await stream.report([{ userId: ann.userId, ...spot(500_000) }])
  expect(refused!.code).toBe('implausible-position')
  const ben = await world.person()
  await stream.report([{ userId: ben.userId, ...spot(0) }])
  expect(trackOf(walkId).length).toBe(before)
  expect(world.walk.recorded.some(({ userId }) => userId === ben.userId)).toBe(false)
  await stream.close()
})

test('a malformed report costs none of its neighbours', async () => {
  const stream = openStream(location.grpc)
  const ben = await world.person()
  const results = await stream.report([
    { userId: 'nobody', ...spot(0) },
    { userId: ben.userId, lat: 91, lng: 0 },
    { userId: ben.userId, lat: Number.NaN, lng: 0 },
    { userId: ben.userId, ...spot(0), accuracyMeters: -1 },
    { userId: ben.userId, ...spot(0) },
  ])
  expect(results.map(({ code }) => code)).toEqual([
    'invalid-request',
    'invalid-request',
    'invalid-request',
    'invalid-request',
    '',
  ])
  await stream.close()
})
