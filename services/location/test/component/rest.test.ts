import { areaOf, cellAt, noDensity, parseCellToken, publishedCell } from '@walking-buddy/cells'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Instance, startWorld, until, type World } from './harness.ts'

let world: World
let location: Instance

beforeAll(async () => {
  world = await startWorld()
  location = await world.startInstance()
})
afterAll(() => world?.stop())

const home = { lat: 48.01234, lng: -20.02345 }
const homeArea = areaOf(cellAt(home.lat, home.lng, 800))

describe('a position', () => {
  test('is taken for 300 s, and the first one after consent makes its sender visible by the cell alone', async () => {
    const ann = await world.person()
    const answer = await ann.report(location, { ...home, accuracyMeters: 12.5 })
    expect(answer).toMatchObject({ status: 200, body: { expiresInSeconds: 300 } })
    expect(answer.headers.get('cache-control')).toBe('private, no-store')
    const { body } = await ann.availability(location)
    expect(body).toEqual({ available: true, until: expect.any(String), area: homeArea })
    expect(Date.parse(body.until) - world.clock.now()).toBeGreaterThan(59 * 60_000)

    const presence = await until(() => world.told(ann.userId)[0], { what: 'location.updated' })
    expect(presence).toMatchObject({ userId: ann.userId, version: 1 })
    expect(parseCellToken(presence.cell)).toBe(publishedCell(noDensity, home))
    expect(presence.lastSeen!.getTime() % 1_800_000).toBe(0)
  })

  test('without consent is refused, on the owner’s word, and right after consent it is taken', async () => {
    const ben = await world.person({ consent: false })
    expect(await ben.report(location, home)).toMatchObject({
      status: 409,
      body: { code: 'location-disabled' },
    })
    world.identity.consent(ben.userId, true)
    expect((await ben.report(location, home)).status).toBe(200)
  })

  test('that nobody can have reached is refused, and the one before still counts', async () => {
    const cem = await world.person()
    await cem.report(location, home)
    expect(await cem.report(location, { lat: home.lat + 0.5, lng: home.lng })).toMatchObject({
      status: 409,
      body: { code: 'implausible-position' },
    })
    expect((await cem.report(location, { lat: home.lat + 0.0001, lng: home.lng })).status).toBe(200)
  })

  test('of long ago, by the phone’s corrected clock, is taken but does not tell where one is', async () => {
    const dan = await world.person()
    const phone = Date.now() - 3 * 3_600_000
    const instant = (ms: number) => new Date(ms).toISOString()
    const late = await dan.report(location, {
      ...home,
      recordedAt: instant(phone - 11 * 60_000),
      sentAt: instant(phone),
    })
    expect(late).toMatchObject({ status: 200, body: { expiresInSeconds: 0 } })
    expect((await dan.availability(location)).body).toEqual({ available: false, until: null, area: null })
    const fresh = await dan.report(location, {
      ...home,
      recordedAt: instant(phone - 1_000),
      sentAt: instant(phone),
    })
    expect(fresh.body).toEqual({ expiresInSeconds: 300 })
    expect((await dan.availability(location)).body.area).toEqual(homeArea)
  })

  test('with faults is 400 with each of them, and without a token 401', async () => {
    const eva = await world.person()
    const faulty = await eva.report(location, { lat: 91, lng: -20, colour: 'red', recordedAt: 'yesterday' })
    expect(faulty.status).toBe(400)
    expect(faulty.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      'body.colour',
      'body.lat',
      'body.recordedAt',
    ])
    expect((await fetch(`${location.baseUrl}/api/users/location`, { method: 'PUT' })).status).toBe(401)
  })

  test('of many people at once costs one question to each store', async () => {
    const people = await Promise.all(Array.from({ length: 60 }, () => world.person()))
    await Promise.all(people.map(person => person.report(location, home)))
    const asked = world.identity.asked.users
    const answers = await Promise.all(people.map(person => person.report(location, home)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(world.identity.asked.users).toBe(asked)
  })
})

describe('availability', () => {
  test('of someone unknown is none', async () => {
    const fay = await world.person()
    expect((await fay.availability(location)).body).toEqual({ available: false, until: null, area: null })
  })

  test('switched on without a position shows nothing, until the first one comes', async () => {
    const gus = await world.person()
    expect((await gus.switchOn(location)).body).toEqual({
      available: true,
      until: expect.any(String),
      area: null,
    })
    await gus.report(location, home)
    expect((await gus.availability(location)).body.area).toEqual(homeArea)
    await until(() => world.told(gus.userId).length === 1)
  })

  test('switched off hides at once, and no position brings it back', async () => {
    const hal = await world.person()
    await hal.report(location, home)
    expect((await hal.switchOff(location)).body).toEqual({ available: false, until: null, area: null })
    await hal.report(location, home)
    expect((await hal.availability(location)).body.available).toBe(false)
    await until(() => world.told(hal.userId).length === 2)
    expect(world.told(hal.userId)[1]).toEqual({
      userId: hal.userId,
      version: 2,
      cell: '',
      publishedAt: undefined,
      lastSeen: undefined,
    })
    expect((await hal.switchOn(location)).body.area).toEqual(homeArea)
    expect((await hal.switchOff(location)).status).toBe(200)
    expect((await hal.switchOff(location)).status).toBe(200)
  })

  test('lasts until a chosen moment, at most 4 h ahead; null chooses the default again, absence changes nothing', async () => {
    const ida = await world.person()
    const inHours = (hours: number) => new Date(world.clock.now() + hours * 3_600_000).toISOString()
    for (const until of [inHours(-1), inHours(4.01)])
      expect(await ida.switchOn(location, { until })).toMatchObject({
        status: 400,
        body: { code: 'until-out-of-range' },
      })
    const chosen = inHours(3)
    expect((await ida.switchOn(location, { until: chosen })).body.until).toBe(chosen)
    expect((await ida.switchOn(location)).body.until).toBe(chosen)
    const { until } = (await ida.switchOn(location, { until: null })).body
    expect(Date.parse(until) - world.clock.now()).toBeLessThan(61 * 60_000)
  })

  test('without consent is refused, but off is always possible', async () => {
    const jon = await world.person({ consent: false })
    expect(await jon.switchOn(location)).toMatchObject({ status: 409, body: { code: 'location-disabled' } })
    expect((await jon.switchOff(location)).status).toBe(200)
  })
})

describe('what is published', () => {
  test('is listed for read models, and asked for by id', async () => {
    const matching = await world.clientOf(location.grpcAddress, 'matching')
    const kim = await world.person()
    const lee = await world.person()
    await kim.report(location, home)
    await lee.switchOn(location)
    const listed: string[] = []
    for await (const { presences } of matching.listPublished({}, { signal: AbortSignal.timeout(5_000) }))
      listed.push(...presences.map(({ userId }) => userId))
    expect(listed).toContain(kim.userId)
    expect(listed).not.toContain(lee.userId)
    const { presences } = await matching.batchGetPublished({ userIds: [lee.userId, kim.userId, 'nobody'] })
    expect(presences.map(({ userId }) => userId)).toEqual([kim.userId])
  })
})
