import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cellAt, cellSideMeters, noDensity, publishedCell } from '@walking-buddy/cells'
import { topicCodecs } from '@walking-buddy/contracts/topics'
import { engineUrls, until } from '@walking-buddy/testkit'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, expectStatus, freshPlace, type Person, walkerAt } from './support/client.ts'
import { type MeshUnderTest, startMeshUnderTest } from './support/mesh-under-test.ts'

let mesh: MeshUnderTest
beforeAll(async () => {
  mesh = await startMeshUnderTest()
})
afterAll(() => mesh?.stop())

interface Item {
  userId: string
  username: string
  area: { lat: number; lng: number; radiusMeters: number }
}

/** Random true positions inside one published cell. */
function placesInOneCell(count: number) {
  const home = freshPlace()
  const cell = publishedCell(noDensity, home)
  const side = cellSideMeters(cell)
  const places: { lat: number; lng: number }[] = []
  while (places.length < count) {
    const place = {
      lat: home.lat + (Math.random() - 0.5) * 0.016,
      lng: home.lng + (Math.random() - 0.5) * 0.022,
    }
    if (cellAt(place.lat, place.lng, side) === cell) places.push(place)
  }
  return places
}

const listOf = (viewer: Person): Promise<Answer<{ items: Item[] }>> =>
  viewer.call<{ items: Item[] }>('GET', '/api/users/nearby?limit=100')

test('people at different true positions of one cell look the same to another: in the list, on the socket, in refusals', async () => {
  const [viewerPlace, ...places] = placesInOneCell(25)
  const viewer = await walkerAt(mesh.url, viewerPlace!)
  const connection = await viewer.socket()
  const people: Person[] = []
  for (const place of places) people.push(await walkerAt(mesh.url, place))
  const { items } = (
    await until(async () => {
      const answer = await listOf(viewer)
      return answer.body.items.length === people.length && answer
    })
  ).body
  const anonymous = (item: Item) => JSON.stringify({ ...item, userId: '', username: '' })
  expect(new Set(items.map(anonymous)).size).toBe(1)

  const told = await until(() => {
    const added = connection
      .latest<{ added: Item[]; changed: Item[] }>('users:nearby')
      .flatMap(delta => [...delta.added, ...delta.changed])
    return new Set(added.map(item => item.userId)).size === people.length && added
  })
  expect(new Set(told.map(anonymous)).size).toBe(1)

  // Everyone moves about inside the cell: nothing that anyone else sees may change for it.
  const before = (await listOf(viewer)).body.items
  const events = connection.latest('users:nearby').length
  await Promise.all(
    people.map((person, i) =>
      person.call('PUT', '/api/users/location', {
        ...places[(i + 7) % places.length]!,
        accuracyMeters: 3000,
      }),
    ),
  )
  await Promise.all(
    people.map((person, i) =>
      person.call('PUT', '/api/users/location', { lat: places[i]!.lat + 1e-5, lng: places[i]!.lng - 1e-5 }),
    ),
  )
  expect((await listOf(viewer)).body.items).toEqual(before)
  expect(connection.latest('users:nearby').length).toBe(events)
  connection.close()
})

test('no digit of an exact position is in any topic, any log, or anything that a stranger receives', async () => {
  // Digits that occur nowhere by chance.
  const canary = { lat: 37.123498765, lng: -31.567854321 }
  const digits = ['37.12349', '31.56785']
  const subject = await walkerAt(mesh.url, canary)
  const partner = await walkerAt(mesh.url, { lat: canary.lat + 0.0002, lng: canary.lng })
  const stranger = await walkerAt(mesh.url, { lat: canary.lat - 0.0005, lng: canary.lng })
  const listening = await stranger.socket()
  await until(async () => (await listOf(partner)).body.items.some(item => item.userId === subject.id))
  const { id } = await expectStatus(
    partner.call<{ id: string }>(
      'POST',
      '/api/walks/request',
      { partnerId: subject.id, message: 'secret words', meetingPoint: { ...canary, name: 'secret place' } },
      { 'idempotency-key': randomUUID() },
    ),
    201,
  )
  await expectStatus(subject.call('PUT', `/api/walks/${id}/accept`), 200)
  await expectStatus(subject.call('POST', `/api/walks/${id}/start`, {}), 200)
  await expectStatus(
    subject.call('PUT', '/api/users/location', { ...canary, recordedAt: new Date().toISOString() }),
    200,
  )
  await subject.call('PUT', '/api/users/location', { lat: canary.lat + 40, lng: canary.lng })
  await subject.call('PUT', '/api/users/location', { ...canary, wrong: true })
  await expectStatus(subject.call('POST', `/api/walks/${id}/end`, {}), 200)

  const seen = [
    (await listOf(stranger)).text,
    JSON.stringify(listening.events),
    (await stranger.call('GET', `/api/walks/${id}`)).text,
    (await stranger.call('GET', `/api/users/${subject.id}`)).text,
  ]
  listening.close()
  const logs = readdirSync(join(mesh.config.dataDir, 'logs')).map(file =>
    readFileSync(join(mesh.config.dataDir, 'logs', file), 'utf8'),
  )
  const events = await everythingIn(mesh.config.topicPrefix)
  expect(events.length).toBeGreaterThan(5)
  const doubles = [canary.lat, canary.lng].map(value => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    return bytes
  })
  for (const text of [...seen, ...logs])
    for (const digit of digits)
      expect(
        text.includes(digit)
          ? text.slice(Math.max(0, text.indexOf(digit) - 200), text.indexOf(digit) + 40)
          : '',
      ).toBe('')
  for (const bytes of events) {
    for (const double of doubles) expect(bytes.includes(double)).toBe(false)
    for (const secret of [...digits, 'secret words', 'secret place', '@example.org'])
      expect(bytes.includes(secret)).toBe(false)
  }
  for (const text of logs)
    for (const secret of ['secret words', 'secret place', '@example.org', 'pass-w', 'eyJ'])
      expect(
        text.includes(secret)
          ? `${secret}: ${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 60)}`
          : '',
      ).toBe('')
})

test('switching off, and taking consent back, hides someone at once', async () => {
  const [one, two] = placesInOneCell(2) as [{ lat: number; lng: number }, { lat: number; lng: number }]
  const viewer = await walkerAt(mesh.url, one)
  const subject = await walkerAt(mesh.url, two)
  const listed = async () => (await listOf(viewer)).body.items.some(item => item.userId === subject.id)
  await until(listed)
  await expectStatus(subject.call('PUT', '/api/users/availability', { available: false }), 200)
  await until(async () => !(await listed()), { withinMs: 2_000 })
  await expectStatus(subject.call('PUT', '/api/users/availability', { available: true }), 200)
  await until(listed)
  await expectStatus(subject.call('PUT', '/api/users/preferences', { isLocationEnabled: false }), 200)
  await until(async () => !(await listed()), { withinMs: 2_000 })
  expect((await subject.call('PUT', '/api/users/availability', { available: true })).body).toMatchObject({
    code: 'location-disabled',
  })
})

/** Values and headers of everything in all topics of this mesh, as bytes. */
async function everythingIn(prefix: string): Promise<Buffer[]> {
  const kafka = new Kafka({ brokers: engineUrls.kafka, clientId: 'e2e', logLevel: logLevel.NOTHING })
  const topics = Object.keys(topicCodecs).flatMap(topic => [prefix + topic, `${prefix}${topic}.dlq`])
  const admin = kafka.admin()
  await admin.connect()
  const ends = await Promise.all(
    topics.map(async topic =>
      (await admin.fetchTopicOffsets(topic)).reduce(
        (sum, { high, low }) => sum + Number(high) - Number(low),
        0,
      ),
    ),
  )
  await admin.disconnect()
  const wanted = ends.reduce((sum, count) => sum + count, 0)
  const found: Buffer[] = []
  const consumer = kafka.consumer({ groupId: `e2e-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      found.push(
        Buffer.concat([
          message.key ?? Buffer.alloc(0),
          message.value ?? Buffer.alloc(0),
          Buffer.from(
            JSON.stringify(
              Object.entries(message.headers ?? {}).map(([name, value]) => [name, value?.toString()]),
            ),
          ),
        ]),
      )
    },
  })
  await until(() => found.length >= wanted, { withinMs: 20_000, what: 'all events are read' })
  await consumer.disconnect()
  return found
}
