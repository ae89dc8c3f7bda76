import { engineUrls, until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone, WalkJson } from '../support/phone.ts'
import { type TcpProxy, tcpProxy, through } from '../support/tcp-proxy.ts'
import { type World, world } from '../support/world.ts'

let w: World
let mongo: TcpProxy
beforeAll(async () => {
  mongo = await tcpProxy(new URL(engineUrls.mongo))
  w = await world({ MONGO_URL: through(mongo, engineUrls.mongo) })
})
afterAll(async () => {
  await w?.stop()
  await mongo?.close()
})

const metersPerDegree = 111_195
const iso = (ms: number): string => new Date(ms).toISOString()

/** Straight north at 1.4 m/s, a point every 5 s. */
const steps = (fromMs: number, seconds: number) =>
  Array.from({ length: seconds / 5 }, (_, i) => ({
    lat: 48 + (i * 7) / metersPerDegree,
    lng: -20,
    accuracyMeters: 5,
    recordedAt: iso(fromMs + i * 5_000),
  }))

const upload = (person: Phone, walkId: string, points: unknown[], sentAtMs = w.clock.now()) =>
  person.call<{ accepted: number; code?: string }>('POST', `/api/walks/${walkId}/track`, {
    points,
    sentAt: iso(sentAtMs),
  })
interface RouteJson {
  coordinates: { lat: number; lng: number; timestamp: string }[]
  pointsOfInterest: { name: string; type: string; location: { lat: number; lng: number } }[]
}
const routeOf = async (person: Phone, walkId: string) =>
  (await person.call<RouteJson>('GET', `/api/walks/${walkId}/route`)).body

/** A walk of ten minutes that has ended, without a point so far. */
async function walked(more: Record<string, unknown> = {}) {
  const [anna, ben] = await w.pair()
  const { id } = await w.accepted(anna, ben, more)
  const started = (await anna.post(id, 'start')).body as WalkJson
  w.clock.forward(600_000)
  const ended = (await anna.post(id, 'end')).body as WalkJson
  return { anna, ben, id, startMs: Date.parse(started.startTime!), ended }
}

describe('a track that comes late', () => {
  it('is measured anew, told by an event, and put into the route', async () => {
    const { anna, ben, id, startMs, ended } = await walked({
      meetingPoint: { lat: 48, lng: -20, name: 'Boathouse' },
    })
    expect(ended).toMatchObject({ distanceMeters: null, durationSeconds: 600 })
    const points = steps(startMs, 600)
    expect(await upload(anna, id, points)).toMatchObject({ status: 202, body: { accepted: 120 } })
    expect((await upload(anna, id, points.slice(0, 50))).body).toEqual({ accepted: 50 })
    const walk = await until(async () => {
      const now = await ben.walk(id)
      return now.distanceMeters !== null && now
    })
    expect(Math.abs(walk.distanceMeters! - 833)).toBeLessThan(17)
    expect(walk.version).toBe(ended.version + 1)
    const stored = await until(() => w.routes.findOne({ walk_id: id, user_id: anna.userId }))
    expect(stored['coordinates'].length).toBe(120)
    expect(stored['coordinates'][0]).toEqual({ lat: 48, lng: -20, timestamp: new Date(startMs) })
    expect(await routeOf(anna, id)).toMatchObject({
      coordinates: { length: 120 },
      pointsOfInterest: [{ name: 'Boathouse', type: 'meeting_point', location: { lat: 48, lng: -20 } }],
    })
    expect((await routeOf(ben, id)).coordinates).toEqual([])
  })

  it('counts only what lies between start and end, by a clock that is right', async () => {
    const { anna, id, startMs } = await walked()
    const outside = [
      { lat: 47, lng: -20, recordedAt: iso(startMs - 60_000) },
      { lat: 49, lng: -20, recordedAt: iso(startMs + 700_000) },
    ]
    expect((await upload(anna, id, outside)).body).toEqual({ accepted: 0 })
    // A phone whose clock is an hour slow, and says so by `sentAt`.
    const slow = steps(startMs - 3_600_000, 600)
    expect((await upload(anna, id, [...slow, ...outside], w.clock.now() - 3_600_000)).body).toEqual({
      accepted: 120,
    })
    expect(
      (await upload(anna, id, slow, w.clock.now() - 3_600_000 + 1_500)).body.accepted,
    ).toBeGreaterThanOrEqual(119)
    const { coordinates } = await routeOf(anna, id)
    expect(coordinates.length).toBe(120)
    expect(Math.abs(Date.parse(coordinates[0]!.timestamp) - startMs)).toBeLessThan(3_000)
  })

  it('is taken for 48 h after the end, and while a walk goes on, but not of one that never was', async () => {
    const { anna, id, startMs } = await walked()
    w.clock.forward(47.9 * 3_600_000)
    expect((await upload(anna, id, steps(startMs, 60))).status).toBe(202)
    w.clock.forward(0.2 * 3_600_000)
    expect(await upload(anna, id, steps(startMs, 60))).toMatchObject({
      status: 409,
      body: { code: 'track-closed' },
    })

    const [carl, dora] = await w.pair()
    const going = await w.accepted(carl, dora)
    expect((await upload(carl, going.id, steps(w.clock.now(), 60))).body).toEqual({ accepted: 0 })
    await carl.post(going.id, 'start')
    expect(
      (await upload(carl, going.id, [{ lat: 48, lng: -20, recordedAt: iso(w.clock.now()) }])).body,
    ).toEqual({ accepted: 1 })
    await carl.put(going.id, 'cancel')
    const refused = await w.requested(dora, await w.phone())
    await dora.put(refused.id, 'cancel')
    expect((await upload(dora, refused.id, steps(w.clock.now(), 60))).body).toMatchObject({
      code: 'track-closed',
    })
  })
})

describe('routes', () => {
  it('are there without MongoDB, and in MongoDB when it is back', async () => {
    mongo.cut()
    const { anna, id, startMs } = await walked()
    await upload(anna, id, steps(startMs, 300))
    expect((await routeOf(anna, id)).coordinates.length).toBe(60)
    await until(async () => (await anna.walk(id)).distanceMeters !== null)
    expect(await w.routes.findOne({ walk_id: id })).toBeNull()
    mongo.mend()
    await until(async () => {
      w.clock.forward(10_000)
      return w.routes.findOne({ walk_id: id, user_id: anna.userId })
    })
    expect((await routeOf(anna, id)).coordinates.length).toBe(60)
  })

  it('are there when MongoDB has lost them', async () => {
    const { anna, id, startMs } = await walked()
    await upload(anna, id, steps(startMs, 300))
    await until(() => w.routes.findOne({ walk_id: id }))
    await w.routes.deleteMany({})
    expect((await routeOf(anna, id)).coordinates.length).toBe(60)
  })

  it('are forgotten after a year, and only they', async () => {
    const { anna, id, startMs } = await walked()
    await upload(anna, id, steps(startMs, 300))
    await until(() => w.routes.findOne({ walk_id: id }))
    const { distanceMeters } = await anna.walk(id)
    w.clock.forward(366 * 24 * 3_600_000)
    await until(
      async () => (await w.database.query('SELECT FROM track_points WHERE walk_id = $1', [id])).length === 0,
    )
    expect(await w.routes.findOne({ walk_id: id })).toBeNull()
    expect((await routeOf(anna, id)).coordinates).toEqual([])
    expect((await anna.walk(id)).distanceMeters).toBe(distanceMeters)
  })
})
