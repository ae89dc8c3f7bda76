import { type Clock, type Part, systemClock } from '@walking-buddy/service-kit'
import { inSpan, type Logger, type Metrics } from '@walking-buddy/telemetry'
import { connectionSettings, silenceGraceMs } from './connection.ts'
import { type OutboxRecord, outboxChannel } from './outbox.ts'
import { openSession, type Session } from './session.ts'

export interface OutboxRelayOptions {
  /** The service's database. The relay keeps one connection of its own: not through a transaction pooler. */
  url: string
  applicationName: string
  /**
   * Sends in the order given, resolves when all are acknowledged. After a failure it is called again with the same
   * records, for as long as it takes.
   */
  publish: (records: OutboxRecord[]) => Promise<void>
  log: Logger
  metrics: Metrics
  clock?: Clock
  /** In [0, 1); for the jitter of retries. */
  random?: () => number
  /** Records a publish call at most. Default 500. */
  batchSize?: number
}

export interface OutboxRelay {
  /** Whether this instance is the one that publishes. */
  isOwner(): boolean
}

/** A notification may be lost; so long may an event then wait. Also: how soon an owner that died is replaced. */
const pollMs = 1_000
const statementTimeoutMs = 10_000

/**
 * Publishes the outbox of one database. Of all instances one owns it at a time (a session advisory lock); it takes
 * what one snapshot shows in order of id, publishes, and deletes exactly that. It remembers no position, so no row
 * that commits late is missed; after a crash between publishing and deleting it repeats, which consumers absorb.
 */
export function outboxRelay(options: OutboxRelayOptions): Part<OutboxRelay> {
  const { publish, log, clock = systemClock, random = Math.random, batchSize = 500 } = options
  const settings = {
    ...connectionSettings({ ...options, connectTimeoutMs: 5_000, lockTimeoutMs: 3_000, statementTimeoutMs }),
    query_timeout: statementTimeoutMs + silenceGraceMs,
  }

  return async () => {
    const observed = observe(options.metrics)
    const stopping = new AbortController()
    let owner = false

    const backoff = (failures: number, until: AbortSignal): Promise<void> =>
      clock.delay(Math.min(10_000, 100 * 2 ** failures) * (0.5 + random() / 2), until)

    const measure = async (session: Session): Promise<void> => {
      if (!observed.isDue(clock.monotonicMs())) return
      const { rows } = await session.query<{ size: bigint; ageSeconds: number }>(
        `SELECT count(*) AS size,
           coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float AS "ageSeconds"
         FROM mechanism.outbox`,
      )
      observed.state(Number(rows[0]!.size), rows[0]!.ageSeconds)
    }

    /** Holds on until acknowledged: going on without these records would lose them, or their order. */
    const publishForSure = async (
      records: OutboxRecord[],
      session: Session,
      over: AbortSignal,
    ): Promise<boolean> => {
      for (let failures = 0; !over.aborted; failures++) {
        try {
          await inSpan('outbox publish', { kind: 'producer', attributes: { records: records.length } }, () =>
            publish(records),
          )
          for (const record of records) observed.published.inc({ topic: record.topic })
          return true
        } catch (error) {
          log.warn(
            { err: error, records: records.length, failures: failures + 1 },
            'outbox waits for the broker',
          )
          await measure(session)
          await backoff(failures, over)
        }
      }
      return false
    }

    /** One round: what one snapshot shows, published, then deleted. False when there was nothing to do. */
    const relay = async (session: Session, over: AbortSignal): Promise<boolean> => {
      const { rows } = await session.query<Row>(take, [batchSize])
      if (rows.length === 0) {
        observed.state(0, 0)
        return false
      }
      if (await publishForSure(rows.map(recordOf), session, over))
        await session.query('DELETE FROM mechanism.outbox WHERE id = ANY ($1::bigint[])', [
          rows.map(row => row.id),
        ])
      await measure(session)
      return true
    }

    const own = async (session: Session): Promise<boolean> => {
      const { rows } = await session.query<{ granted: boolean }>(
        `SELECT pg_try_advisory_lock(hashtextextended('mechanism.outbox', 0)) AS granted`,
      )
      if (!rows[0]!.granted) return false
      await session.query(`LISTEN ${outboxChannel}`)
      log.info('outbox owned')
      return true
    }

    /** One connection, for as long as it lasts. */
    const serve = async (): Promise<void> => {
      const lost = new AbortController()
      const over = AbortSignal.any([stopping.signal, lost.signal])
      // A new one for each wait: what happens while the loop is busy ends its next wait at once.
      let wake = new AbortController()
      over.addEventListener('abort', () => wake.abort())
      const session = await openSession(settings, { notified: () => wake.abort(), lost: () => lost.abort() })
      try {
        while (!over.aborted) {
          owner ||= await own(session)
          if (owner ? await relay(session, over) : await measure(session)) continue
          await clock.delay(pollMs, wake.signal)
          if (!over.aborted) wake = new AbortController()
        }
      } finally {
        owner = false
        await session.close()
      }
    }

    const run = async (): Promise<void> => {
      for (let failures = 0; !stopping.signal.aborted; failures++) {
        const startedAtMs = clock.monotonicMs()
        await serve().catch(error => log.warn({ err: error }, 'outbox relay lost its connection'))
        if (clock.monotonicMs() - startedAtMs > 10_000) failures = 0
        await backoff(failures, stopping.signal)
      }
    }

    const running = run()
    return {
      value: { isOwner: () => owner },
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}

const take = `
  SELECT id, topic, key, value, event_id, event_type, occurred_at, traceparent
  FROM mechanism.outbox ORDER BY id LIMIT $1`

type Row = {
  id: bigint
  topic: string
  key: string
  value: Buffer | null
  event_id: string
  event_type: string
  occurred_at: Date
  traceparent: string | null
}

const recordOf = (row: Row): OutboxRecord => ({
  topic: row.topic,
  key: row.key,
  value: row.value,
  id: row.event_id,
  type: row.event_type,
  time: row.occurred_at,
  ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
})

function observe(metrics: Metrics) {
  const size = metrics.gauge('outbox_size', 'Events that wait to be published.', [])
  const age = metrics.gauge('outbox_age_seconds', 'How long the oldest of them has waited.', [])
  let measuredAtMs = Number.NEGATIVE_INFINITY
  return {
    published: metrics.counter('outbox_published_total', 'Events published.', ['topic']),
    state(events: number, oldestSeconds: number) {
      size.set(events)
      age.set(oldestSeconds)
    },
    /** Counting takes longer than relaying when much waits: seldom. */
    isDue(nowMs: number): boolean {
      if (nowMs - measuredAtMs < 5_000) return false
      measuredAtMs = nowMs
      return true
    },
  }
}
