import { systemIdentifiers } from '@walking-buddy/service-kit'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import {
  inbox,
  type OutboxRecord,
  type OutboxRelayOptions,
  outbox,
  outboxRelay,
  type Postgres,
} from '../../src/index.ts'
import { asSuperuser, killConnections, log, testDatabase, testMetrics, until, urlOf } from '../support.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let pg: Postgres
beforeAll(async () => {
  database = await testDatabase(['outbox', 'inbox'], { poolSize: 64 })
  pg = database.pg
  await pg.query('CREATE TABLE aggregates (id int PRIMARY KEY, version int NOT NULL DEFAULT 0)')
})
afterAll(() => database.drop())
beforeEach(async () => {
  await pg.query('TRUNCATE aggregates')
  await pg.query('INSERT INTO aggregates (id) SELECT generate_series(1, 16)')
})

/** A broker that keeps what it acknowledged, in order, with the time. */
function broker({ delayMs = 0 } = {}) {
  const kept: (OutboxRecord & { at: number })[] = []
  let down = false
  let attempts = 0
  return {
    kept,
    attempts: () => attempts,
    setDown: (value: boolean) => {
      down = value
    },
    publish: async (records: OutboxRecord[]) => {
      attempts++
      await new Promise(resolve => setTimeout(resolve, delayMs))
      if (down) throw new Error('down')
      kept.push(...records.map(record => ({ ...record, at: performance.now() })))
    },
  }
}

async function startRelay(name: string, publish: OutboxRelayOptions['publish'], metrics = testMetrics()) {
  const applicationName = `${database.name}_${name}`
  const part = outboxRelay({ url: database.url, applicationName, publish, log, metrics, batchSize: 50 })
  const { value, stop } = await part(name)
  const relay = { applicationName, isOwner: value.isOwner, stop: () => stop!(AbortSignal.timeout(5_000)) }
  onTestFinished(relay.stop)
  return relay
}

const isEmpty = async (): Promise<boolean> =>
  (await pg.query('SELECT FROM mechanism.outbox LIMIT 1')).rowCount === 0

const event = (key: string, version: number, fields: Partial<OutboxRecord> = {}): OutboxRecord => ({
  topic: 'things',
  key,
  value: Buffer.from(String(version)),
  id: systemIdentifiers.uuid(Date.now()),
  type: 'thing.changed',
  time: new Date(),
  ...fields,
})

/** As a consumer does that also emits: inbox row, then the aggregate's version, then the event. */
const write = (aggregate: number): Promise<string> =>
  pg.transaction(async tx => {
    await inbox.once(tx, systemIdentifiers.uuid(Date.now()), 'writer')
    const { rows } = await tx.query<{ version: number }>(
      'UPDATE aggregates SET version = version + 1 WHERE id = $1 RETURNING version',
      [aggregate],
    )
    const record = event(String(aggregate), rows[0]!.version)
    await outbox.add(tx, record)
    return record.id
  })

describe('the relay', () => {
  test('64 writers, a long transaction in another database and 3 relay restarts: no gap, no inversion, no loss, no stall', async () => {
    const writers = 64
    const writesEach = 40
    // Slow enough for a relay to die between publishing and deleting.
    const { kept, publish } = broker({ delayMs: 10 })
    const committedAt = new Map<string, number>()
    const elsewhere = `${database.name}_elsewhere`
    await asSuperuser(admin => admin.query(`CREATE DATABASE ${elsewhere}`))
    const relays = [await startRelay('r0', publish), await startRelay('r1', publish)]
    const owner = async () => {
      await until(() => relays.some(relay => relay.isOwner()))
      return relays.find(relay => relay.isOwner())!
    }
    const restarts = [
      async () => killConnections((await owner()).applicationName),
      async () => {
        const stopped = await owner()
        await stopped.stop()
        relays.splice(relays.indexOf(stopped), 1, await startRelay('r2', publish))
      },
      async () => killConnections((await owner()).applicationName),
    ]

    await asSuperuser(async idler => {
      await idler.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await idler.query('CREATE TABLE held ()')

      const writing = Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          for (let n = 0; n < writesEach; n++) {
            const id = await write(1 + ((writer + n) % 16))
            committedAt.set(id, performance.now())
          }
        }),
      )
      for (const [n, restart] of restarts.entries()) {
        await until(() => committedAt.size > ((n + 1) * writers * writesEach) / 4)
        await restart()
      }
      await writing
      await until(isEmpty)
    }, urlOf(elsewhere))
    await Promise.all(relays.map(relay => relay.stop()))
    await asSuperuser(admin => admin.query(`DROP DATABASE ${elsewhere}`))

    const seen = new Set<string>()
    const firstTimes = kept.filter(({ id }) => seen.size < seen.add(id).size)
    expect(firstTimes).toHaveLength(writers * writesEach)
    for (let aggregate = 1; aggregate <= 16; aggregate++) {
      const versions = firstTimes
        .filter(record => record.key === String(aggregate))
        .map(record => Number(record.value))
      expect(versions).toEqual(Array.from({ length: (writers * writesEach) / 16 }, (_, n) => n + 1))
    }
    const delays = firstTimes.map(record => record.at - committedAt.get(record.id)!)
    expect(Math.max(...delays)).toBeLessThan(3_000)
    console.log(
      `published ${firstTimes.length} events (${kept.length - firstTimes.length} repeated), longest delay ${Math.max(...delays).toFixed(0)} ms`,
    )
  }, 40_000)

  test('wakes up for a commit long before it would poll', async () => {
    const { kept, publish } = broker()
    const relay = await startRelay('wake', publish)
    await until(() => relay.isOwner())
    const startedAt = performance.now()
    for (let n = 1; n <= 20; n++) {
      await write(1)
      await until(() => kept.length === n)
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  test('finds events whose notification was lost', async () => {
    const { kept, publish } = broker()
    const relay = await startRelay('lost', publish)
    await until(() => relay.isOwner())
    await pg.query(
      `INSERT INTO mechanism.outbox (topic, key, event_id, event_type, occurred_at)
       VALUES ('things', '1', gen_random_uuid(), 'thing.changed', now())`,
    )
    await until(() => kept.length === 1, { withinMs: 3_000 })
  })

  test('holds on to order and events while the broker is down, and says how many wait and for how long', async () => {
    const { kept, publish, attempts, setDown } = broker()
    const metrics = testMetrics()
    setDown(true)
    await startRelay('down', publish, metrics)
    for (let n = 0; n < 5; n++) await write(1)
    await until(() => attempts() >= 3)
    for (let n = 0; n < 5; n++) await write(1)
    expect(kept).toEqual([])
    expect(await metrics.text()).toMatch(/outbox_size\{.*\} [1-9]/)
    setDown(false)
    await until(isEmpty)
    expect(kept.map(record => Number(record.value))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await metrics.text()).toMatch(/outbox_published_total\{topic="things",.*\} 10/)
    await until(async () => /outbox_size\{.*\} 0/.test(await metrics.text()))
  })

  test('has one owner at a time, and another within seconds of its death', async () => {
    const { publish } = broker()
    const relays = await Promise.all(['a', 'b', 'c'].map(name => startRelay(name, publish)))
    const owners = () => relays.filter(relay => relay.isOwner())
    await until(() => owners().length === 1)
    const [first] = owners()
    await first!.stop()
    await until(() => owners().length === 1 && !owners().includes(first!), { withinMs: 3_000 })
  })

  test('publishes what was added, tombstones included, in the order given', async () => {
    const { kept, publish } = broker()
    await startRelay('content', publish)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const records = [
      event('k', 1, {
        traceparent,
        time: new Date('2026-03-29T01:02:03.456Z'),
        value: Buffer.from([0, 255, 10]),
      }),
      event('k', 2, { value: null, type: 'thing.gone' }),
      event('l', 1, { topic: 'others', value: Buffer.alloc(0) }),
    ]
    await pg.transaction(tx => outbox.add(tx, ...records))
    await until(() => kept.length === 3)
    expect(kept.map(({ at, ...record }) => record)).toEqual(records)
  })
})

test('an event of a transaction that was undone is never published', async () => {
  const { kept, publish } = broker()
  await startRelay('undone', publish)
  const undone = pg.transaction(async tx => {
    await outbox.add(tx, event('x', 1))
    throw new Error('no')
  })
  await expect(undone).rejects.toThrow('no')
  const id = await write(2)
  await until(() => kept.length > 0)
  expect(kept.map(record => record.id)).toEqual([id])
})

test('an event that no broker would take is refused where it is made', async () => {
  const large = event('x', 1, { value: Buffer.alloc(200_000) })
  await expect(pg.transaction(tx => outbox.add(tx, large))).rejects.toThrow(RangeError)
})
