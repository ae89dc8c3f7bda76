import { createHash, randomUUID } from 'node:crypto'
import type { DurableEventName } from '@walking-buddy/contracts/socket'
import { migrate, type Postgres, postgres } from '@walking-buddy/postgres'
import { systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { type TestDatabase, testDatabase } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresStreams } from '../../src/adapters/outbound/postgres/postgres-streams.ts'
import type { StreamHints } from '../../src/adapters/outbound/postgres/stream-hints.ts'
import type { Streams, WalkChange } from '../../src/application/ports.ts'

let database: TestDatabase
let pg: Postgres
let stop: (() => Promise<void>) | undefined
let streams: Streams
const announced: string[] = []
const hints: StreamHints = { announce: userIds => void announced.push(...userIds) }

beforeAll(async () => {
  database = await testDatabase('streams')
  const log = silentLogger()
  const running = await postgres(
    { url: database.url, poolSize: 16, applicationName: 'test', statementTimeoutMs: 10_000 },
    { log, metrics: createMetrics({ service: 'test' }), clock: systemClock },
  )('postgres')
  pg = running.value
  stop = running.stop && (() => running.stop!(AbortSignal.timeout(1_000)))
  await migrate(pg, new URL('../../migrations/', import.meta.url), { log, mechanisms: ['inbox'] })
  streams = postgresStreams(pg, hints)
})
afterAll(async () => {
  await stop?.()
  await database.drop()
})

const names: DurableEventName[] = [
  'walk:requested',
  'walk:accepted',
  'walk:started',
  'walk:completed',
  'walk:updated',
]
/** The life of one walk. */
const life = (userIds: readonly string[]): WalkChange[] => {
  const walkId = randomUUID()
  return names.map((name, i) => ({
    eventId: randomUUID(),
    name,
    walkId,
    version: i + 1,
    userIds,
    at: new Date(1_780_000_000_000 + i),
  }))
}
const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map(item => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
const all = async (userId: string) => (await streams.read([{ userId, seq: 0 }], 1_000))[0]!

test('every change delivered three times in any order, to any number of writers: told once, in order, without gaps', async () => {
  const [ann, ...partners] = Array.from({ length: 9 }, () => randomUUID())
  const walks = partners.flatMap(partner => [life([ann!, partner]), life([partner, ann!])])
  const deliveries = shuffled([...walks.flat(), ...walks.flat(), ...walks.flat()])
  let next = 0
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (next < deliveries.length) await streams.record(deliveries[next++]!)
    }),
  )
  const events = await all(ann!)
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: walks.flat().length }, (_, i) => i + 1))
  for (const walk of walks)
    expect(events.filter(({ walkId }) => walkId === walk[0]!.walkId).map(({ name }) => name)).toEqual(names)
  expect(await database.query('SELECT FROM held_changes')).toEqual([])

  // The state that one delivery of each in order leaves, up to the order of unrelated walks.
  const hashOf = (rows: readonly { walkId: string; version: number; name: string }[]) =>
    createHash('sha256')
      .update(
        rows
          .map(({ walkId, version, name }) => `${walkId} ${version} ${name}`)
          .sort()
          .join('\n'),
      )
      .digest('hex')
  expect(hashOf(events)).toBe(hashOf(walks.flat()))
})

test('a writer that is undone leaves no gap', async () => {
  const [ann, bob] = [randomUUID(), randomUUID()]
  const walk = life([ann, bob])
  await streams.record(walk[0]!)
  await expect(streams.record({ ...walk[1]!, name: null as never })).rejects.toThrow()
  await streams.record(walk[1]!)
  expect((await all(ann)).map(({ seq }) => seq)).toEqual([1, 2])
})

test('hints are sent for what was told, after it was committed', async () => {
  const [ann, bob] = [randomUUID(), randomUUID()]
  const walk = life([ann, bob])
  expect(await streams.record(walk[1]!)).toBe('held')
  expect(announced).not.toContain(ann)
  expect(await streams.record(walk[0]!)).toBe('recorded')
  expect(announced.filter(userId => userId === ann || userId === bob)).toHaveLength(4)
})

test('confirmations never go back, nor beyond the end', async () => {
  const [ann, bob] = [randomUUID(), randomUUID()]
  for (const change of life([ann, bob])) await streams.record(change)
  const confirmed = async () =>
    Number(
      (
        await database.query<{ confirmed_seq: string }>(
          'SELECT confirmed_seq FROM user_streams WHERE user_id = $1',
          [ann],
        )
      )[0]!.confirmed_seq,
    )
  await streams.confirm([
    { userId: ann, seq: 3 },
    { userId: randomUUID(), seq: 9 },
  ])
  expect(await confirmed()).toBe(3)
  await streams.confirm([{ userId: ann, seq: 2 }])
  expect(await confirmed()).toBe(3)
  await streams.confirm([{ userId: ann, seq: 99 }])
  expect(await confirmed()).toBe(5)
})

test('who is behind is found by one question for all', async () => {
  const [ann, bob, cleo] = [randomUUID(), randomUUID(), randomUUID()]
  for (const change of life([ann, bob])) await streams.record(change)
  await streams.open(cleo)
  const behind = await streams.behind([
    { userId: ann, seq: 5 },
    { userId: bob, seq: 4 },
    { userId: cleo, seq: 0 },
  ])
  expect(behind).toEqual([bob])
})

test('what has left the window is forgotten, and the seq goes on', async () => {
  const [ann, bob] = [randomUUID(), randomUUID()]
  for (const change of life([ann, bob])) await streams.record(change)
  await database.query(
    `UPDATE user_events SET appended_at = appended_at - interval '8 days' WHERE user_id = $1 AND seq <= 4`,
    [ann],
  )
  await streams.prune()
  expect((await all(ann)).map(({ seq }) => seq)).toEqual([5])
  expect(await streams.open(ann)).toMatchObject({ seq: 5, firstKept: 5 })
  await streams.record(life([ann, bob])[0]!)
  expect((await all(ann)).map(({ seq }) => seq)).toEqual([5, 6])
})

test('a stream is opened once, however many ask at the same time', async () => {
  const userId = randomUUID()
  const opened = await Promise.all(Array.from({ length: 20 }, () => streams.open(userId)))
  expect(new Set(opened.map(({ stream }) => stream)).size).toBe(1)
})
