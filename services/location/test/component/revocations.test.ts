import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Instance, openStream, startWorld, until, type World } from './harness.ts'

const home = { lat: 48.01, lng: -20.02 }
let world: World
let location: Instance

beforeAll(async () => {
  world = await startWorld()
  location = await world.startInstance()
})
afterAll(() => world?.stop())

/** How long it took, in ms. */
async function timed(act: () => void, done: () => boolean | Promise<boolean>): Promise<number> {
  const startedMs = performance.now()
  act()
  await until(done, { withinMs: 5_000 })
  return performance.now() - startedMs
}

describe('within a second, without Kafka', () => {
  test('withdrawn consent hides, forgets the exact position, and no more of them is taken', async () => {
    const ann = await world.person()
    await ann.report(location, home)
    await until(() => world.told(ann.userId).length === 1)
    const ms = await timed(
      () => world.identity.consent(ann.userId, false),
      () => world.told(ann.userId).at(-1)?.cell === '',
    )
    expect(ms).toBeLessThan(1_000)
    expect((await ann.report(location, home)).body.code).toBe('location-disabled')
    expect((await ann.availability(location)).body).toEqual({ available: false, until: null, area: null })
  })

  test('suspension hides, and after its end nobody is back but by switching on', async () => {
    const ben = await world.person()
    await ben.report(location, home)
    await until(() => world.told(ben.userId).length === 1)
    const ms = await timed(
      () => world.identity.suspend(ben.userId),
      () => world.told(ben.userId).at(-1)?.cell === '',
    )
    expect(ms).toBeLessThan(1_000)
    world.identity.reinstate(ben.userId)
    const stream = openStream(location.grpc)
    await until(async () => (await stream.report([{ userId: ben.userId, ...home }]))[0]!.code === '', {
      what: 'reinstatement',
    })
    await stream.close()
    expect((await ben.availability(location)).body.available).toBe(false)
    expect((await ben.switchOn(location)).body.area).not.toBeNull()
  })
})

test('a suspension and its end that are heard in one go, after a reconnect, hide nobody', async () => {
  const cem = await world.person()
  await cem.report(location, home)
  world.identity.suspend(cem.userId)
  await until(() => world.told(cem.userId).at(-1)?.cell === '')
  world.identity.reinstate(cem.userId)
  await until(async () => (await cem.switchOn(location)).status === 200)
  await world.identity.stop()
  await world.identity.start()
  await until(async () => (await cem.report(location, home)).status === 200, { what: 'identity to be back' })
  // Whoever asks next is served after what the watch said was acted on.
  const dan = await world.person()
  await dan.report(location, home)
  world.identity.consent(dan.userId, false)
  await until(() => world.told(dan.userId).at(-1)?.cell === '')
  expect((await cem.availability(location)).body.available).toBe(true)
})

test('what Kafka tells of accounts hides as well, and an older event undoes nothing', async () => {
  const eva = await world.person()
  const given = world.identity.user(eva.userId)
  await eva.report(location, home)
  const { preferences } = given
  const withdrawn = {
    ...given,
    version: given.version + 1,
    preferences: {
      ...preferences!,
      isLocationEnabled: false,
      locationConsentVersion: preferences!.locationConsentVersion + 1,
    },
  }
  await world.publishUser(withdrawn)
  await until(() => world.told(eva.userId).at(-1)?.cell === '', { what: 'hiding by the event' })
  await world.publishUser(given)
  await world.publishUser(withdrawn)
  const later = { ...withdrawn, version: withdrawn.version + 1 }
  await world.publishUser(later)
  await until(
    async () =>
      (
        await world.database.query('SELECT FROM accounts WHERE user_id = $1 AND version = $2', [
          eva.userId,
          later.version,
        ])
      ).length === 1,
  )
  expect(
    await world.database.query('SELECT location_enabled, consent_version FROM accounts WHERE user_id = $1', [
      eva.userId,
    ]),
  ).toEqual([{ location_enabled: false, consent_version: 2 }])
})

describe('without a fresh watch', () => {
  test('identity is asked for each decision, and a withdrawal counts', async () => {
    const fay = await world.person()
    await fay.report(location, home)
    world.identity.mute(true)
    const stream = openStream(location.grpc)
    const asked = world.identity.asked.users
    await until(async () => {
      await stream.report([{ userId: fay.userId, ...home }])
      return world.identity.asked.users > asked
    })
    world.identity.consent(fay.userId, false)
    const startedMs = performance.now()
    await until(
      async () => (await stream.report([{ userId: fay.userId, ...home }]))[0]!.code === 'location-disabled',
      { withinMs: 2_000 },
    )
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    await stream.close()
    world.identity.mute(false)
  })

  test('and without identity nothing is taken: 503; switching off works all the same', async () => {
    const gus = await world.person()
    await gus.report(location, home)
    const stream = openStream(location.grpc)
    await world.identity.stop()
    await until(
      async () => (await stream.report([{ userId: gus.userId, ...home }]))[0]!.kind === 'unavailable',
      { what: 'refusal' },
    )
    await location.grpc.setAvailability({ userId: gus.userId, available: false })
    await until(() => world.told(gus.userId).at(-1)?.cell === '')
    await world.identity.start()
    await until(async () => (await stream.report([{ userId: gus.userId, ...home }]))[0]!.code === '', {
      what: 'identity to be back',
      withinMs: 5_000,
    })
    await stream.close()
  })
})
