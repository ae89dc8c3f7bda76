import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  AlreadyRunningError,
  ENGINE_NAMES,
  type EngineEvent,
  type EngineName,
  type Engines,
  engineStatus,
  startEngines,
} from '../../src/index.ts'
import { identify } from '../../src/process/identity.ts'
import { freePorts } from '../../src/test-engines.ts'
import { createTopic, query, readTopic, withMongo, withPostgres, withProducer, withRedis } from './clients.ts'
import { kill } from './kill.ts'
import { emptyDataDirectory } from './places.ts'

const ACKNOWLEDGED_BEFORE_KILL = 300
/** A retry would hide that the engine refused. */
const IMPATIENT = 0
const RECOVERY_TIMEOUT_MS = 60_000
const RESTART_TIMEOUT_MS = 90_000

const directory = emptyDataDirectory('shared')
const ports = await freePorts()
const events: EngineEvent[] = []
let engines: Engines

const start = () =>
  startEngines({
    dataDir: directory.path,
    ports,
    env: {},
    onEvent: event => events.push(event),
  })

beforeAll(async () => {
  engines = await start()
})

afterAll(async () => {
  await engines.stop()
  await directory.remove()
})

describe('started engines', () => {
  it('serve real clients at their URLs', async () => {
    const { postgres, redis, kafka, mongo } = engines.urls
    await query(postgres, 'CREATE EXTENSION postgis')
    expect(await query(postgres, 'SELECT ST_AsText(ST_Point(1, 2)) AS point')).toEqual([
      { point: 'POINT(1 2)' },
    ])
    expect(await withRedis(redis, client => client.set('key', 'value'))).toBe('OK')
    expect(
      await withMongo(mongo, client => client.db('engines').collection('served').insertOne({ one: 1 })),
    ).toMatchObject({ acknowledged: true })
    await createTopic(kafka, 'served')
    await withProducer(kafka, send => send('served', 'one'))
    expect(await readTopic(kafka, 'served')).toEqual(['one'])
  })

  it('do not create a topic that nobody asked for', async () => {
    const sending = withProducer(engines.urls.kafka, send => send('never-created', 'x'))
    await expect(sending).rejects.toThrow(/topic-partition/)
  })

  it('are reported with their processes and their memory', async () => {
    const { owner, engines: reported } = await engineStatus(directory.path)
    expect(owner?.pid).toBe(process.pid)
    expect(reported.map(({ engine }) => engine)).toEqual([...ENGINE_NAMES])
    for (const { state, residentBytes } of reported) {
      expect(state).toBe('running')
      expect(residentBytes).toBeGreaterThan(1 << 20)
    }
  })

  it('have their directory to themselves: a second start names the first', async () => {
    const second = await start().catch((error: unknown) => error)
    expect(second).toBeInstanceOf(AlreadyRunningError)
    expect(second).toHaveProperty('message', expect.stringContaining(`process ${process.pid}`))
  })

  it('lead process groups of their own, so that Ctrl-C reaches them through their owner only', async () => {
    for (const { pid } of (await engineStatus(directory.path)).engines)
      if (pid !== undefined) expect(process.kill(-pid, 0)).toBe(true)
  })
})

describe.concurrent('an engine killed with SIGKILL', { timeout: RESTART_TIMEOUT_MS }, () => {
  it('is back by itself with every write that it acknowledged: PostgreSQL', async () => {
    const { postgres } = engines.urls
    await query(postgres, 'CREATE TABLE acknowledged (n int PRIMARY KEY)')
    const written = await withPostgres(postgres, client =>
      killWhileWriting('postgres', n => client.query('INSERT INTO acknowledged VALUES ($1)', [n])),
    )
    const rows = await query<{ n: number }>(postgres, 'SELECT n FROM acknowledged')
    expect(
      missing(
        written,
        rows.map(({ n }) => n),
      ),
    ).toEqual([])
  })

  it('is back by itself with every write that it acknowledged: Kafka', async () => {
    const { kafka } = engines.urls
    await createTopic(kafka, 'acknowledged')
    const written = await withProducer(
      kafka,
      send => killWhileWriting('kafka', n => send('acknowledged', `${n}`)),
      IMPATIENT,
    )
    const values = await readTopic(kafka, 'acknowledged')
    expect(missing(written, values.map(Number))).toEqual([])
  })

  it('is back by itself with every write that it acknowledged, and its unique indexes in step: MongoDB', async () => {
    const { mongo } = engines.urls
    const written = await withMongo(mongo, async client => {
      const collection = client.db('engines').collection('acknowledged')
      await collection.createIndex({ n: 1 }, { unique: true })
      return killWhileWriting('mongo', n => collection.insertOne({ n }))
    })
    await withMongo(mongo, async client => {
      const collection = client.db('engines').collection('acknowledged')
      const stored = (await collection.find().toArray()).map(({ n }) => n as number)
      expect(missing(written, stored)).toEqual([])
      const again = collection.insertMany(
        stored.map(n => ({ n })),
        { ordered: false },
      )
      await expect(again).rejects.toMatchObject({ code: 11000 })
      expect(await collection.countDocuments()).toBe(stored.length)
      await collection.insertOne({ n: Math.max(...stored) + 1 })
    })
  })

  it('is back by itself, empty: Redis', async () => {
    await withRedis(engines.urls.redis, client => client.set('cached', 'value'))
    await killAndAwaitRecovery('redis')
    expect(await withRedis(engines.urls.redis, client => client.get('cached'))).toBeNull()
  })
})

describe('engines that were stopped', { timeout: RESTART_TIMEOUT_MS }, () => {
  it('leave nothing running, and have their data when started again', async () => {
    const running = (await engineStatus(directory.path)).engines
    await engines.stop()
    for (const { pid } of running) if (pid !== undefined) expect(identify(pid)).toBeUndefined()
    expect(await engineStatus(directory.path)).toEqual({ engines: [] })

    engines = await start()
    const { postgres, kafka, mongo } = engines.urls
    expect(await query(postgres, 'SELECT FROM acknowledged LIMIT 1')).toHaveLength(1)
    expect(await readTopic(kafka, 'served')).toEqual(['one'])
    expect(await withMongo(mongo, client => client.db('engines').collection('served').countDocuments())).toBe(
      1,
    )
  })
})

/** Writes 0, 1, 2… until the engine, killed meanwhile, refuses. @returns what it had acknowledged. */
async function killWhileWriting(
  engine: EngineName,
  write: (n: number) => Promise<unknown>,
): Promise<number[]> {
  const acknowledged: number[] = []
  let recovered: Promise<void> | undefined
  try {
    for (let n = 0; ; n++) {
      await write(n)
      acknowledged.push(n)
      if (n === ACKNOWLEDGED_BEFORE_KILL) recovered = killAndAwaitRecovery(engine)
    }
  } catch {
    if (recovered === undefined) throw new Error(`${engine} refused a write before it was killed`)
    await recovered
    return acknowledged
  }
}

async function killAndAwaitRecovery(engine: EngineName) {
  const recoveries = () =>
    events.filter(event => event.kind === 'recovered' && event.engine === engine).length
  const before = recoveries()
  await kill(directory.path, engine)
  await vi.waitFor(() => expect(recoveries()).toBe(before + 1), { timeout: RECOVERY_TIMEOUT_MS })
}

const missing = (expected: readonly number[], found: readonly number[]) => {
  const present = new Set(found)
  return expected.filter(n => !present.has(n))
}
