import type { RecordedPosition, WalkWindow } from '@walking-buddy/contracts/grpc/walk'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone, WalkJson } from '../support/phone.ts'
import { type WalkClient, type World, world } from '../support/world.ts'

let w: World
let location: WalkClient
const ended = new AbortController()
beforeAll(async () => {
  w = await world()
  location = await w.as('location')
})
afterAll(async () => {
  ended.abort()
  await w?.stop()
})

const metersPerDegree = 111_195

/** One of location's streams. */
function stream() {
  const call = location.recordPositions({ signal: ended.signal })
  let sequence = 0
  let durable = 0
  const reading = (async () => {
    for await (const { durableSequence } of call.responses) durable = durableSequence
  })()
  return {
    /** Resolves when all of it is durable. */
    async send(positions: (Partial<RecordedPosition> & { walkId: string; userId: string })[]): Promise<void> {
      await call.send({
        positions: positions.map(position => ({
          lat: 48,
          lng: -20,
          accuracyMeters: 5,
          recordedAt: new Date(w.clock.now()),
          nearPlace: false,
          ...position,
          sequence: ++sequence,
        })),
      })
      const wanted = sequence
      await until(() => durable >= wanted)
    },
    async end(): Promise<void> {
      call.end()
      await reading
    },
  }
}

const north = (meters: number): number => 48 + meters / metersPerDegree
const shown = async (person: Phone, walkId: string) =>
  (await person.call<{ items: { userId: string; lat: number }[] }>('GET', `/api/walks/${walkId}/positions`))
    .body.items
const routeOf = async (person: Phone, walkId: string) =>
  (await person.call<{ coordinates: { lat: number }[] }>('GET', `/api/walks/${walkId}/route`)).body
    .coordinates

describe('positions', () => {
  it('are shown to both inside the window, each as long as its own person shares', async () => {
    const [anna, ben] = await w.pair()
    const { id } = await w.accepted(anna, ben)
    const live = stream()
    const both = [
      { walkId: id, userId: anna.userId },
      { walkId: id, userId: ben.userId, lat: north(40) },
    ]
    expect(await shown(anna, id)).toEqual([])
    await live.send(both)
    expect((await shown(anna, id)).map(({ userId }) => userId).sort()).toEqual(
      [anna.userId, ben.userId].sort(),
    )
    expect(await shown(anna, id)).toEqual(await shown(ben, id))

    await ben.call('PUT', `/api/walks/${id}/sharing`, { on: false })
    await live.send(both)
    expect((await shown(anna, id)).map(({ userId }) => userId)).toEqual([anna.userId])
    await ben.call('PUT', `/api/walks/${id}/sharing`, { on: true })
    // What was recorded while the switch was off stays unseen.
    expect((await shown(anna, id)).map(({ userId }) => userId)).toEqual([anna.userId])
    await live.send(both)
    expect((await shown(anna, id)).length).toBe(2)

    await live.send([{ walkId: id, userId: ben.userId, nearPlace: true }])
    expect((await shown(anna, id)).map(({ userId }) => userId)).toEqual([anna.userId])

    await anna.put(id, 'cancel')
    expect(await shown(anna, id)).toEqual([])
    await live.end()
  })

  it('make a track from start to end only, durable once acknowledged, of one’s own alone', async () => {
    const [anna, ben] = await w.pair()
    const { id } = await w.accepted(anna, ben)
    const live = stream()
    await live.send([{ walkId: id, userId: anna.userId, lat: north(-500) }])
    await anna.post(id, 'start')
    const start = w.clock.now()
    w.clock.forward(180_000)
    const at = (second: number) => new Date(start + second * 1000)
    const steps = Array.from({ length: 25 }, (_, i) => ({
      walkId: id,
      userId: anna.userId,
      lat: north(i * 7),
      recordedAt: at(i * 5 + 1),
    }))
    await live.send([
      ...steps,
      { walkId: id, userId: ben.userId, lat: north(3), recordedAt: at(3) },
      // Not of this walk, and not on Earth.
      { walkId: id, userId: (await w.phone()).userId, recordedAt: at(4) },
      { walkId: id, userId: ben.userId, lat: 123, recordedAt: at(5) },
    ])
    await live.send(steps.slice(0, 3))
    expect((await routeOf(anna, id)).length).toBe(25)
    expect((await routeOf(ben, id)).length).toBe(1)
    const over = (await ben.post(id, 'end')).body as WalkJson
    expect(Math.abs(over.distanceMeters! - 168)).toBeLessThan(6)
    // Under way when the walk ended.
    await live.send([{ walkId: id, userId: anna.userId, lat: north(24 * 7 + 14), recordedAt: at(131) }])
    await live.send([{ walkId: id, userId: anna.userId, lat: north(900), recordedAt: at(1_000) }])
    const settled = await until(async () => {
      const walk = await anna.walk(id)
      return walk.distanceMeters! > over.distanceMeters! && walk
    })
    expect(settled.version).toBe(over.version + 1)
    expect((await routeOf(anna, id)).length).toBe(26)
    await live.end()
  })

  it('survive the loss of Redis in the middle of a walk', async () => {
    const [anna, ben] = await w.pair()
    const { id } = await w.started(anna, ben)
    const live = stream()
    const send = (meters: number) =>
      live.send([anna, ben].map(({ userId }) => ({ walkId: id, userId, lat: north(meters) })))
    await send(0)
    expect(await w.redis.exists(`walk:active:${id}`)).toBe(1)
    const [{ initiator_id, partner_id, start_time }] = [JSON.parse((await w.redis.get(`walk:active:${id}`))!)]
    expect([initiator_id, partner_id, start_time]).toEqual([
      anna.userId,
      ben.userId,
      (await anna.walk(id)).startTime,
    ])
    const ttl = await w.redis.ttl(`walk:active:${id}`)
    expect(ttl).toBeGreaterThan(14_300)
    expect(ttl).toBeLessThanOrEqual(14_400)
    await w.forgetRedis()
    w.clock.forward(2_000)
    await send(3)
    expect((await shown(anna, id)).length).toBe(2)
    expect((await routeOf(anna, id)).length).toBe(2)
    await anna.post(id, 'end')
    expect(await w.redis.exists(`walk:active:${id}`)).toBe(0)
    await live.end()
  })

  it('end the sharing of a pair that has met, 10 min after it parted; the walk goes on', async () => {
    const [anna, ben] = await w.pair()
    const { id, version } = await w.started(anna, ben)
    const live = stream()
    const apart = (meters: number) =>
      live.send([
        { walkId: id, userId: anna.userId },
        { walkId: id, userId: ben.userId, lat: north(meters) },
      ])
    await apart(1_000)
    await apart(20)
    await apart(400)
    w.clock.forward(5 * 60_000)
    await apart(200)
    await apart(400)
    w.clock.forward(9 * 60_000)
    expect((await anna.walk(id)).version).toBe(version)
    w.clock.forward(61_000)
    const parted = await until(async () => {
      const walk = await anna.walk(id)
      return walk.version > version && walk
    })
    expect(parted.status).toBe('in_progress')
    expect(Date.parse(parted.shareUntil!)).toBeLessThanOrEqual(w.clock.now())
    await apart(20)
    expect(await shown(anna, id)).toEqual([])
    await anna.post(id, 'end')
    expect((await routeOf(ben, id)).length).toBeGreaterThan(0)
    await live.end()
  })
})

describe('windows', () => {
  it('come as a snapshot of what is open, then each change as it commits, and beats', async () => {
    const [anna, ben] = await w.pair()
    const before = await w.accepted(anna, ben)
    const [carl, dora] = await w.pair()
    const request = await w.requested(carl, dora)
    const windows: WalkWindow[] = []
    let beats = 0
    let complete = 0
    const watching = new AbortController()
    const reading = (async () => {
      for await (const { frame } of location.watchWalks({}, { signal: watching.signal })) {
        if (frame?.$case === 'window') windows.push(frame.value)
        else if (frame?.$case === 'snapshotEnd') complete = windows.length
        else beats += 1
      }
    })()
    await until(() => complete > 0 && beats > 0)
    const latest = (id: string) => windows.filter(({ walkId }) => walkId === id).at(-1)
    expect(latest(before.id)).toMatchObject({
      open: true,
      initiatorShares: true,
      partnerShares: true,
      version: 2,
    })
    expect(latest(request.id)).toBeUndefined()

    const changed = async (id: string, change: () => Promise<unknown>) => {
      const known = windows.length
      const startedMs = performance.now()
      await change()
      await until(() => windows.slice(known).some(({ walkId }) => walkId === id))
      expect(performance.now() - startedMs).toBeLessThan(1_000)
      return latest(id)!
    }
    expect(await changed(request.id, () => dora.put(request.id, 'accept'))).toMatchObject({
      open: true,
      version: 2,
    })
    const off = await changed(before.id, () =>
      ben.call('PUT', `/api/walks/${before.id}/sharing`, { on: false }),
    )
    expect(off).toMatchObject({ open: true, partnerShares: false, version: 2, revision: 1 })
    expect(await changed(before.id, () => anna.put(before.id, 'cancel'))).toMatchObject({
      open: false,
      version: 3,
    })
    watching.abort()
    await reading

    const again: WalkWindow[] = []
    const second = new AbortController()
    for await (const { frame } of location.watchWalks({}, { signal: second.signal })) {
      if (frame?.$case === 'window') again.push(frame.value)
      else break
    }
    second.abort()
    expect(again.find(({ walkId }) => walkId === before.id)).toMatchObject({ open: false })
  })
})
