import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import { ExactPosition } from '@walking-buddy/exact-position'
import { createScope, systemClock } from '@walking-buddy/service-kit'
import { silentLogger } from '@walking-buddy/telemetry'
import { engineUrls, randomName } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisSightings } from '../../src/adapters/outbound/redis/redis-sightings.ts'
import type { Sightings } from '../../src/application/ports.ts'
import type { Sighting } from '../../src/domain/sighting.ts'

const keyPrefix = `${randomName('location')}:`
const scope = createScope(silentLogger())
let sightings: Sightings
let redis: ReturnType<typeof createClient>

const start = (name: string) =>
  scope.start(
    name,
    redisSightings({ url: engineUrls.redis, keyPrefix }, { clock: systemClock, log: silentLogger() }),
  )

beforeAll(async () => {
  sightings = await start('sightings')
  redis = createClient({ url: engineUrls.redis })
  await redis.connect()
})
afterAll(async () => {
  for await (const keys of redis.scanIterator({ MATCH: `${keyPrefix}*` }))
    if (keys.length > 0) await redis.del(keys)
  redis.destroy()
  await scope.stop(2_000)
})

const sighting = (lat: number, accuracyMeters?: number): Sighting => ({
  position: new ExactPosition(lat, -20.123456789),
  accuracyMeters,
  recordedAtMs: 1_700_000_000_001,
  receivedAtMs: 1_700_000_000_502,
  stay: { anchor: new ExactPosition(lat + 0.0001, -20), sinceMs: 1_699_999_000_000 },
})
const plain = ({ position, stay, ...rest }: Sighting) => ({
  ...rest,
  at: position.reveal(),
  anchor: stay.anchor.reveal(),
  sinceMs: stay.sinceMs,
})
const readOne = async (userId: string) => (await sightings.read([userId])).kept[0]

describe('a sighting', () => {
  test('comes back as it was put, for 300 s', async () => {
    const [ann, ben, nobody] = [randomUUID(), randomUUID(), randomUUID()]
    const done = await sightings.replace([
      { userId: ann, before: undefined, after: sighting(48.987654321, 7.5) },
      { userId: ben, before: undefined, after: sighting(-89.5) },
    ])
    expect(done).toEqual([true, true])
    const { kept } = await sightings.read([ben, nobody, ann])
    expect(kept.map(one => one && plain(one.sighting))).toEqual([
      plain(sighting(-89.5)),
      undefined,
      plain(sighting(48.987654321, 7.5)),
    ])
    const ttl = await redis.pTTL(`${keyPrefix}user:location:${ann}`)
    expect(ttl).toBeGreaterThan(295_000)
    expect(ttl).toBeLessThanOrEqual(300_000)
  })

  test('that somebody else changed in between is not replaced, and costs the others nothing', async () => {
    const [ann, ben] = [randomUUID(), randomUUID()]
    await sightings.replace([{ userId: ann, before: undefined, after: sighting(1) }])
    const before = await readOne(ann)
    await sightings.replace([{ userId: ann, before, after: sighting(2) }])
    const done = await sightings.replace([
      { userId: ann, before, after: sighting(3) },
      { userId: ben, before: undefined, after: sighting(3) },
    ])
    expect(done).toEqual([false, true])
    expect((await readOne(ann))?.sighting.position.reveal().lat).toBe(2)
  })

  test('of a hundred racers one wins each round', async () => {
    const ann = randomUUID()
    for (let round = 1; round <= 3; round++) {
      const before = await readOne(ann)
      const won = await Promise.all(
        Array.from({ length: 100 }, () =>
          sightings.replace([{ userId: ann, before, after: sighting(round) }]),
        ),
      )
      expect(won.filter(([first]) => first)).toHaveLength(1)
    }
  })

  test('is gone when it is forgotten', async () => {
    const ann = randomUUID()
    await sightings.replace([{ userId: ann, before: undefined, after: sighting(1) }])
    await sightings.forget(ann)
    expect(await readOne(ann)).toBeUndefined()
  })
})

describe('since when nothing was lost', () => {
  const markerKey = `${keyPrefix}location:complete-since`
  const completeSince = async () => (await sightings.read([randomUUID()])).completeSinceMs

  test('stays the same for whoever asks, also after a restart', async () => {
    const sinceMs = await completeSince()
    const other = await start('other')
    expect((await other.read([randomUUID()])).completeSinceMs).toBeLessThanOrEqual(Date.now())
    expect(await completeSince()).toBe(sinceMs)
  })

  test('begins anew when the marker is gone, or names another run of the server', async () => {
    for (const lose of [() => redis.del(markerKey), () => redis.set(markerKey, 'anotherrun 1700000000000')]) {
      await lose()
      const lostAtMs = Date.now()
      expect(await completeSince()).toBeGreaterThanOrEqual(lostAtMs)
      expect(await completeSince()).toBeLessThan(Date.now() + 1)
    }
  })
})
