import { isAppError } from '@walking-buddy/errors'
import { type Clock, type Part, systemClock } from '@walking-buddy/service-kit'
import { inSpan, type Logger, type Metrics } from '@walking-buddy/telemetry'
import { Pool, type PoolClient, type QueryResult as DriverResult } from 'pg'
import { connectionSettings, silenceGraceMs } from './connection.ts'
import { databaseUnavailable, failureOf, isContention, leavesConnectionIntact } from './failures.ts'
import { createNotifier } from './notifier.ts'
import type { Queryable, Row, TransactionOptions, Tx } from './queryable.ts'
import { type RunStatement, runTransaction } from './transaction.ts'

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
    pool.on('connect', client => client.on('error', error => log.warn({ err: error }, 'database connection lost')))
    pool.on('error', () => {})
    const transactions = countTransactions(metrics)
    showPool(metrics, pool)

    const connect = async (): Promise<PoolClient> => {
      try {
        return await pool.connect()
      } catch (error) {
        throw databaseUnavailable(error)
      }
    }

    const withConnection = async <T>(use: (client: PoolClient, run: RunStatement) => Promise<T>): Promise<T> => {
      const client = await connect()
      let intact = true
      const run: RunStatement = async <R extends Row>(
        _: PoolClient,
        sql: string,
        params: readonly unknown[] | undefined,
        timeoutMs = statementTimeoutMs,
      ) => {
        try {
          return await inSpan(`postgres ${verbOf(sql)}`, { kind: 'client', attributes: { 'db.system': 'postgresql' } }, () =>
            send<R>(client, sql, params, timeoutMs),
          )
        } catch (error) {
          intact &&= leavesConnectionIntact(error) || error instanceof TypeError
          throw isContention(error) ? error : failureOf(error)
        }
      }
      try {
        return await use(client, run)
      } finally {
        client.release(!intact)
      }
    }

    const query: Queryable['query'] = <R extends Row>(sql: string, params?: readonly unknown[]) =>
      withConnection(client => send<R>(client, sql, params, 0))

    const notify = createNotifier(
      channels => query(`SELECT pg_notify(channel, '') FROM unnest($1::text[]) AS channel`, [channels]),
      clock,
    )
    return {
      value: { query, transaction: async () => { throw new Error('x') }, ready: async () => void (await query('SELECT 1')) },
      stop: () => pool.end(),
    }
  }
}
