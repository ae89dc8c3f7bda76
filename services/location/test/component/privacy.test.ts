import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import { cellAt, cellPolygon } from '@walking-buddy/cells'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Instance, openStream, startWorld, until, type World } from './harness.ts'

interface RawEvent {
  key: string
  value: Buffer
  headers: Record<string, string>
}

let world: World
let location: Instance
const events: RawEvent[] = []
let stopReading: () => Promise<void>

beforeAll(async () => {
  world = await startWorld()
  // Held: what depends on nothing but the moment is the same for everyone.
  world.clock.hold()
  location = await world.startInstance()
  const reader = world.broker.client.consumer({ groupId: `${world.env.TOPIC_PREFIX}privacy` })
  await reader.connect()
  await reader.subscribe({ topic: world.broker.prefixed('location.updated'), fromBeginning: true })
  await reader.run({
    eachMessage: async ({ message }) => {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      )
      events.push({ key: String(message.key), value: message.value ?? Buffer.alloc(0), headers })
    },
  })
  stopReading = () => reader.disconnect()
})
afterAll(async () => {
  await stopReading?.()
  await world?.stop()
})

/** What cannot be told apart apart from the name that it is about. */
const anonymous = (userId: string, output: unknown): string =>
  JSON.stringify(output).replaceAll(userId, 'somebody')
const told = (headers: Headers) => [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name))

test('200 pairs of true positions in one cell: every byte that anyone gets to see is the same', async () => {
  const spotIn = (cell: ReturnType<typeof cellAt>) => {
    const [southWest, , northEast] = cellPolygon(cell)
    const between = (from: number, to: number) => from + (to - from) * (0.001 + Math.random() * 0.998)
    return { lat: between(southWest!.lat, northEast!.lat), lng: between(southWest!.lng, northEast!.lng) }
  }
  const matching = await world.clientOf(location.grpcAddress, 'matching')

  const live = async (cell: ReturnType<typeof cellAt>) => {
    const person = await world.person()
    const { userId } = person
    const spot = spotIn(cell)
    const answers = [
      await patiently(() => person.report(location, { ...spot, accuracyMeters: Math.random() * 30 })),
      await patiently(() => person.report(location, { ...spotIn(cell), lat: spot.lat + 2 })),
      await patiently(() => person.availability(location)),
      await patiently(() => person.switchOff(location)),
      await patiently(() => person.switchOn(location)),
      await patiently(() => person.availability(location)),
    ]
    const published = await until(() => matching.batchGetPublished({ userIds: [userId] }))
    return {
      userId,
      seen: anonymous(userId, [
        answers.map(({ status, headers, text }) => [status, told(headers), problemOf(text)]),
        published,
      ]),
    }
  }
  /** A busy machine may say 503; what it says then is not what is compared here. */
  const patiently = <A extends { status: number }>(ask: () => Promise<A>) =>
    until(async () => {
      const answer = await ask()
      return answer.status === 503 ? undefined : answer
    })
  // Ids of requests are random; all else of a problem is not.
  const problemOf = (text: string) => text.replace(/"requestId":"[^"]+"/, '"requestId":""')

  const cells = Array.from({ length: 200 }, (_, i) =>
    cellAt(48 + (i % 20) * 0.05, -20 - Math.floor(i / 20) * 0.07, 800),
  )
  type Life = Awaited<ReturnType<typeof live>>
  const pairs: [Life, Life][] = []
  for (let from = 0; from < cells.length; from += 50)
    pairs.push(
      ...(await Promise.all(cells.slice(from, from + 50).map(cell => Promise.all([live(cell), live(cell)])))),
    )

  for (const [a, b] of pairs) expect(a.seen).toEqual(b.seen)
  const eventsOf = (userId: string) => events.filter(({ key }) => key === userId)
  await until(() => pairs.flat().every(({ userId }) => eventsOf(userId).length === 3), { what: 'all events' })
  const bytes = (userId: string) =>
    eventsOf(userId).map(({ value, headers: { ce_id: _, traceparent: __, ...headers } }) =>
      anonymous(userId, [value.toString('latin1'), headers]),
    )
  for (const [a, b] of pairs) expect(bytes(a.userId)).toEqual(bytes(b.userId))

  const listed = new Map<string, string>()
  for await (const { presences } of matching.listPublished({}, { signal: AbortSignal.timeout(5_000) }))
    for (const presence of presences) listed.set(presence.userId, anonymous(presence.userId, presence))
  for (const [a, b] of pairs) expect(listed.get(a.userId)).toEqual(listed.get(b.userId))
})

describe('digits of an exact position', () => {
  const lat = 48.0371829645
  const lng = -20.0659142387

  /** Digits as people write them, and the bytes of both numbers as machines do. */
  const traces = (() => {
    const double = (value: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value)
      return [bytes, Buffer.from(bytes).reverse()]
    }
    // Long enough that no id, time or duration has them by chance.
    const texts = ['48.03718', '48037182', '20.06591', '20065914', '03718296', '06591423']
    return [...texts.map(text => Buffer.from(text)), ...double(lat), ...double(lng)]
  })()
  const leaks = (bytes: Buffer | string): string[] => {
    const haystack = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)
    const asHex = haystack.toString('hex')
    return traces
      .filter(
        trace =>
          haystack.includes(trace) ||
          haystack.includes(trace.toString('hex')) ||
          asHex.includes(trace.toString('hex')),
      )
      .map(trace => trace.toString('latin1'))
  }

  test('are found wherever this test looks, if they are there', () => {
    const double = Buffer.alloc(8)
    double.writeDoubleBE(lng)
    expect(leaks(`{"where":[${lat},${lng}]}`)).not.toEqual([])
    expect(leaks(Buffer.concat([Buffer.from('x'), double]))).not.toEqual([])
    expect(leaks(double.toString('hex'))).not.toEqual([])
  })

  test('are in no log line, topic, table, metric nor answer, whatever goes wrong', async () => {
    const ann = await world.person()
    const ben = await world.person()
    const walkId = randomUUID()
    const answers: string[] = []
    const take = async (answer: Promise<{ text: string; headers: Headers }>) => {
      const { text, headers } = await answer
      answers.push(text, JSON.stringify([...headers]))
    }
    await take(ann.report(location, { lat, lng, accuracyMeters: 9.5 }))
    await take(ann.report(location, { lat: lat + 1, lng }))
    await take(ann.report(location, { lat, lng, accuracyMeters: -1, colour: `${lat}` }))
    await take(ann.report(location, { lat, lng, recordedAt: new Date(0).toISOString() }))
    await take(ann.availability(location))
    await take(ann.switchOff(location))
    await take(ann.switchOn(location))

    // A walk, with its track and a partner who sees her.
    world.walk.begin(walkId, ann.userId, ben.userId)
    const stream = openStream(location.grpc)
    await stream.subscribe([ben.userId])
    await until(async () => {
      await stream.report([
        { userId: ann.userId, lat, lng, recordedAt: new Date(world.clock.now() + Math.random()) },
      ])
      world.clock.shift(10)
      return stream.partners.length > 0 && world.walk.recorded.some(point => point.walkId === walkId)
    })
    await stream.report([{ userId: ann.userId, lat, lng: 1e9 }])

    // A remembered place, a change of cell, a walk that is away, and a store that answers with errors.
    await world.walk.stop()
    for (let i = 0; i < 4; i++) {
      world.clock.shift(4 * 60_000)
      await stream.report([{ userId: ann.userId, lat, lng }])
    }
    await until(
      async () =>
        (
          await world.database.query('SELECT FROM presences WHERE user_id = $1 AND places IS NOT NULL', [
            ann.userId,
          ])
        ).length === 1,
    )
    const redis = createClient({ url: world.env.REDIS_URL! })
    await redis.connect()
    await redis.del(`${world.env.REDIS_PREFIX}user:location:${ann.userId}`)
    await redis.lPush(`${world.env.REDIS_PREFIX}user:location:${ann.userId}`, 'not a sighting')
    const broken = await ann.report(location, { lat, lng })
    expect(broken.status).toBe(503)
    answers.push(broken.text)
    redis.destroy()
    await stream.close()

    const tables = await world.database.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'mechanism')`,
    )
    expect(tables.length).toBeGreaterThan(4)
    const rows = await Promise.all(
      tables.map(({ name }) => world.database.query(`SELECT t::text AS row FROM ${name} AS t`)),
    )
    expect(rows.flat().length).toBeGreaterThan(10)
    const lines = location.process.lines()
    expect(lines.length).toBeGreaterThan(10)
    const everything = [
      ...lines,
      ...answers,
      ...rows.flat().map(({ row }) => String(row)),
      ...events.flatMap(({ value, headers }) => [value, JSON.stringify(headers)]),
      await location.process.metrics.text(),
    ]
    expect(everything.flatMap(leaks)).toEqual([])
    await world.walk.start()
  })
})
