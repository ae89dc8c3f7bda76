import { type Clock, type Part, systemClock } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Postgres } from './postgres.ts'

export interface RetentionOptions {
  pg: Postgres
  /** How long inbox rows stay: longer than every topic that is read keeps its records. Absent: no inbox here. */
  inboxMs?: number
  /** How long idempotency keys stay; clients are promised 7 days. Absent: no idempotency here. */
  idempotencyMs?: number
  /** Default: 10 minutes. */
  everyMs?: number
  log: Logger
  clock?: Clock
}

const rowsPerStep = 2_000

/** Forgets inbox rows and idempotency keys of age, in small steps. Any number of instances may run it at once. */
export function retention(options: RetentionOptions): Part<void> {
  const { pg, log, clock = systemClock, everyMs = 600_000 } = options
  const tables = [
    { name: 'mechanism.inbox', since: 'received_at', keepMs: options.inboxMs },
    { name: 'mechanism.idempotency', since: 'created_at', keepMs: options.idempotencyMs },
  ]

  return async () => {
    const stopping = new AbortController()

    const forget = async (table: string, since: string, keepMs: number): Promise<void> => {
      let gone = rowsPerStep
      while (gone === rowsPerStep && !stopping.signal.aborted) {
        const { rowCount } = await pg.query(
          `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM ${table} WHERE ${since} < clock_timestamp() - $1 * interval '1 ms'
             ORDER BY ${since} LIMIT ${rowsPerStep} FOR UPDATE SKIP LOCKED))`,
          [keepMs],
        )
        gone = rowCount
      }
    }

    const run = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        for (const { name, since, keepMs } of tables)
          if (keepMs !== undefined)
            await forget(name, since, keepMs).catch(error =>
              log.warn({ err: error, table: name }, 'old rows stay for now'),
            )
        await clock.delay(everyMs, stopping.signal)
      }
    }

    const running = run()
    return {
      value: undefined,
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}
