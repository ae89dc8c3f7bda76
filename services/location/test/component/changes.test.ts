import { createClient } from '@redis/client'
import { cellAt, cellToken } from '@walking-buddy/cells'
import { userRegistered } from '@walking-buddy/contracts/topics'
import { tombstone } from '@walking-buddy/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Instance, startWorld, until, type World } from './harness.ts'

const minute = 60_000
const home = { lat: 48.01, lng: -20.02 }
const work = { lat: 48.05, lng: -20.07 }
const tokenOf = ({ lat, lng }: { lat: number; lng: number }) => cellToken(cellAt(lat, lng, 800))
/** Its own database of the Redis server, as it is flushed here. */
const redisDatabase = 9

let world: World
let location: Instance
let redis: ReturnType<typeof createClient>

beforeAll(async () => {
  world = await startWorld({ redisDatabase })
  location = await world.startInstance()
  redis = createClient({ url: world.env.REDIS_URL! })
  await redis.connect()
})
afterAll(async () => {
  redis?.destroy()
  await world?.stop()
})

const rowsOf = (userIds: string[]) =>
  world.database.query(
    'SELECT user_id, version, cell, published_at, shown FROM presences WHERE user_id = ANY ($1) ORDER BY user_id',
    [userIds],
  )

/** Reports from one spot, a few minutes apart, without waiting for them to pass. */
async function stay(
  person: Awaited<ReturnType<World['person']>>,
  spot: { lat: number; lng: number },
  minutes: number,
) {
  for (let passed = 0; passed <= minutes; passed += 4) {
    expect((await person.report(location, spot)).status).toBe(200)
    if (passed < minutes) world.clock.shift(4 * minute)
  }
}

describe('a stay elsewhere', () => {
  test('changes the cell within a tick, and what rests of the place is sealed', async () => {
    const ann = await world.person()
    await ann.report(location, home)
    world.clock.shift(31 * minute)
    await stay(ann, work, 12)
    await until(() => world.told(ann.userId).some(presence => presence?.cell === tokenOf(home)))
    expect(world.told(ann.userId).every(presence => presence?.cell === tokenOf(home))).toBe(true)

    world.clock.shift(5 * minute - 1_000)
    await until(() => world.told(ann.userId).at(-1)?.cell === tokenOf(work), { what: 'the change' })
    const [row] = await world.database.query(
      'SELECT places, places_key_id FROM presences WHERE user_id = $1',
      [ann.userId],
    )
    expect(row).toMatchObject({ places_key_id: 'k1' })
    expect(row!.places.toString('latin1')).not.toContain('48.05')
  })
})

describe('losing what Redis holds', () => {
  test('changes nobody’s cell, publishes nobody anew, and presence is back with the next position', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => world.person()))
    await Promise.all(people.map(person => person.report(location, home)))
    const userIds = people.map(({ userId }) => userId)
    await until(() => userIds.every(userId => world.told(userId).length === 1))
    const before = await rowsOf(userIds)

    await redis.flushDb()
    // Ticks of all of them come meanwhile.
    world.clock.shift(4.9 * minute)
    await until(async () => (await dueCount(userIds)) === 0, { what: 'all ticks' })
    expect(await rowsOf(userIds)).toEqual(before)
    expect(userIds.every(userId => world.told(userId).length === 1)).toBe(true)

    const started = performance.now()
    await Promise.all(people.map(person => person.report(location, home)))
    expect(
      await redis.exists(userIds.map(userId => `${world.env.REDIS_PREFIX}user:location:${userId}`)),
    ).toBe(20)
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(await rowsOf(userIds)).toEqual(before)
  })

  test('ends no availability that moves with positions before 300 s have passed', async () => {
    const ben = await world.person()
    await ben.report(location, home)
    await until(() => world.told(ben.userId).length === 1)
    world.clock.shift(58 * minute)
    await redis.flushDb()
    expect((await ben.availability(location)).body).toMatchObject({ available: true })
    world.clock.shift(3 * minute)
    expect((await ben.availability(location)).body).toMatchObject({ available: true })
    world.clock.shift(5 * minute)
    await until(() => world.told(ben.userId).at(-1)?.cell === '', { what: 'the end of availability' })
  })

  const dueCount = async (userIds: string[]) => {
    const [row] = await world.database.query(
      'SELECT count(*)::int AS due FROM presences WHERE user_id = ANY ($1) AND next_tick_at <= $2',
      [userIds, new Date(world.clock.now())],
    )
    return row!.due
  }
})

test('a restart changes no published cell, and remembers what it must', async () => {
  const ann = await world.person()
  const ben = await world.person()
  await ann.report(location, home)
  await ben.report(location, work)
  await ben.switchOff(location)
  await until(() => world.told(ann.userId).length === 1 && world.told(ben.userId).length === 2)
  const before = await rowsOf([ann.userId, ben.userId])
  await location.stop()
  location = await world.startInstance()
  await ann.report(location, home)
  await ben.report(location, work)
  expect(await rowsOf([ann.userId, ben.userId])).toEqual(before)
  expect((await ben.availability(location)).body).toEqual({ available: false, until: null, area: null })
  expect((await ben.switchOn(location)).body.area).not.toBeNull()
})

test('a missing key for remembered places stops the start, before anything is lost', async () => {
  const key = `k9:${Buffer.alloc(32, 7).toString('base64')}`
  await expect(world.startInstance({ PLACES_KEY: key })).rejects.toThrow('k1')
  const rotated = await world.startInstance({ PLACES_KEY: key, PLACES_OTHER_KEYS: world.env.PLACES_KEY! })
  await rotated.stop()
})

test('an erased person is forgotten, and the topic with them', async () => {
  const cem = await world.person()
  await cem.report(location, home)
  await until(() => world.told(cem.userId).length === 1)
  await world.publish([tombstone(userRegistered, cem.userId, { id: crypto.randomUUID(), time: new Date() })])
  await until(() => world.told(cem.userId).at(-1) === null, { what: 'the tombstone' })
  expect(world.told(cem.userId)).toMatchObject([{ version: 1 }, { version: 2, cell: '' }, null])
  expect(await rowsOf([cem.userId])).toEqual([])
  expect(await redis.exists(`${world.env.REDIS_PREFIX}user:location:${cem.userId}`)).toBe(0)
})
