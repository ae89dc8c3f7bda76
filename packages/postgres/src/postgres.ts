import { unavailable } from '@walking-buddy/errors'
import { type Clock, type Part, systemClock } from '@walking-buddy/service-kit'
import { inSpan, type Logger, type Metrics } from '@walking-buddy/telemetry'
import { type QueryResult as DriverResult, Pool, type PoolClient } from 'pg'
import { connectionSettings, silenceGraceMs } from './connection.ts'
import { databaseUnavailable, failureOf, isContention, leavesConnectionIntact } from './failures.ts'
import { createNotifier } from './notifier.ts'
import type { Queryable, Row, TransactionOptions, Tx } from './queryable.ts'
import { runTransaction, type Statement } from './transaction.ts'

export interface PostgresConfig {
  url: string
  poolSize: number
  /** Shown in pg_stat_activity. */
  applicationName: string
  /** How long one statement may take. */
  statementTimeoutMs: number
  /** How long a statement waits for a lock. Default: 3,000. */
  lockTimeoutMs?: number
  /** How long a caller waits for a connection, new or from the pool. Default: 5,000. */
  connectTimeoutMs?: number
}

export interface PostgresTools {
  log: Logger
  metrics: Metrics
  clock?: Clock
  /** In [0, 1); for the jitter of retries. */
  random?: () => number
}

/** The service's own database. */
export interface Postgres extends Queryable {
  /**
   * Commits what `work` did, or nothing of it when it throws. `work` runs again, a bounded number of times and
   * after a random pause, when the server reports a serialization failure or a deadlock: effects outside of the
   * database belong elsewhere.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Rejects while the database does not answer; for `health.require`. */
  ready(): Promise<void>
}

/**
 * A pool of connections. It starts without a server being there (readiness says so) and outlives its restarts.
 *
 * Sessions run in UTC. bigint (and count) arrive as `bigint`, numeric as string, date as `YYYY-MM-DD`, timestamptz
 * as `Date`, bytea as `Buffer`, json as parsed. Objects go in as JSON, arrays as Postgres arrays: a JSON array has
 * to be passed through `JSON.stringify`.
 */
export function postgres(config: PostgresConfig, tools: PostgresTools): Part<Postgres> {
  const { log, metrics, clock = systemClock, random = Math.random } = tools
  const { statementTimeoutMs, lockTimeoutMs = 3_000, connectTimeoutMs = 5_000 } = config

  return async () => {
    const pool = new Pool({
      ...connectionSettings({ ...config, lockTimeoutMs, connectTimeoutMs }),
      max: config.poolSize,
      idleTimeoutMillis: 30_000,
    })
    // Without a listener a connection that dies would end the process; whoever uses it is told by its statement.
    pool.on('connect', client =>
      client.on('error', error => log.warn({ err: error }, 'database connection lost')),
    )
    pool.on('error', () => {})
    const ended = countTransactions(metrics)
    showPool(metrics, pool)

    const withConnection = async <T>(
      timeoutMs: number,
      use: (statement: Statement) => Promise<T>,
    ): Promise<T> => {
      const client = await pool.connect().catch(error => {
        throw databaseUnavailable(error)
      })
      let intact = true
      const statement: Statement = (sql, params) =>
        inSpan(`postgres ${verbOf(sql)}`, { kind: 'client', attributes: { 'db.system': 'postgresql' } }, () =>
          send(client, sql, params, timeoutMs),
        ).catch(error => {
          intact &&= leavesConnectionIntact(error)
          throw isContention(error) ? error : failureOf(error)
        })
      try {
        return await use(statement)
      } finally {
        client.release(!intact)
      }
    }

    const query: Queryable['query'] = (sql, params) =>
      withConnection(statementTimeoutMs, statement => statement(sql, params))
    const notify = createNotifier(
      channels => query(`SELECT pg_notify(channel, '') FROM unnest($1::text[]) AS channel`, [channels]),
      clock,
    )

    const value: Postgres = {
      query,
      async transaction(work, options = {}) {
        const attempts = options.attempts ?? 5
        for (let attempt = 1; ; attempt++) {
          try {
            const { value, hooks } = await withConnection(
              options.statementTimeoutMs ?? statementTimeoutMs,
              statement => runTransaction(statement, work, options, notify),
            )
            ended('committed')
            for (const hook of hooks) hook()
            return value
          } catch (error) {
            ended('rolled_back')
            if (!isContention(error)) throw error
            if (attempt >= attempts) throw unavailable('database-contended', undefined, { cause: error })
            await clock.delay(random() * Math.min(500, 10 * 2 ** attempt))
          }
        }
      },
      async ready() {
        await query('SELECT 1')
      },
    }
    return { value, stop: () => pool.end() }
  }
}

/** The client gives up a connection on which the server has been silent for longer than its own limit. */
async function send<R extends Row>(
  client: PoolClient,
  sql: string,
  params: readonly unknown[] | undefined,
  timeoutMs: number,
) {
  const result: DriverResult<R> | DriverResult<R>[] = await client.query<R>({
    text: sql,
    ...(params ? { values: [...params] } : {}),
    ...(timeoutMs > 0 ? { query_timeout: timeoutMs + silenceGraceMs } : {}),
  })
  // Several statements in one text (a migration): the last one answers.
  const { rows, rowCount, command } = Array.isArray(result) ? result.at(-1)! : result
  return { rows, rowCount: rowCount ?? 0, command }
}

const verbOf = (sql: string): string => /[a-z]+/i.exec(sql)?.[0].toUpperCase() ?? ''

function countTransactions(metrics: Metrics) {
  const counter = metrics.counter('postgres_transactions_total', 'Transactions by how they ended.', [
    'outcome',
  ])
  return (outcome: 'committed' | 'rolled_back') => counter.inc({ outcome })
}

function showPool(metrics: Metrics, pool: Pool): void {
  metrics.gauge(
    'postgres_pool',
    'Connections of the pool, and callers waiting for one.',
    ['state'],
    gauge => {
      gauge.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      gauge.set({ state: 'idle' }, pool.idleCount)
      gauge.set({ state: 'waiting' }, pool.waitingCount)
    },
  )
}
