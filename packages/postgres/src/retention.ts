import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Postgres } from './postgres.ts'

export interface RetentionOptions {
  pg: Postgres
  /** Inbox rows have to outlive the retention of every topic read. Absent: the service has no inbox. */
  inboxMs?: number
  /** Keys are promised for 7 days. Absent: the service has no idempotency. */
  idempotencyMs?: number
  /** Default: 10 minutes. */
  everyMs?: number
  log: Logger
  clock?: Clock
}

/** Forgets inbox rows and idempotency keys that are old enough, in small steps. Any number of instances may run it. */
export function retention(options: RetentionOptions): Part<void> {
  throw new Error(typeof options.pg)
}
