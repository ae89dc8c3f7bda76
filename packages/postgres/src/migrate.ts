import type { Logger } from '@walking-buddy/telemetry'
import type { Postgres } from './postgres.ts'

/** Tables of this package that a service may choose to have, in schema `mechanism` of its own database. */
export type Mechanism = 'outbox' | 'inbox' | 'idempotency' | 'leases'

export interface MigrateOptions {
  log: Logger
  /** Applied before the service's own files. */
  mechanisms?: readonly Mechanism[]
}

/**
 * Brings the database up to the files `20260101T090000Z-name.sql` of `folder`, in order of name, each in a
 * transaction of its own. Safe when many instances start at once. What was applied is in
 * `mechanism.schema_migrations` with a checksum.
 *
 * @returns the names applied by this call
 * @throws Error when an applied file has changed since, when a new file sorts before an applied one, when a name
 * does not follow the pattern, or when a statement fails (the file's transaction is rolled back)
 */
export async function migrate(pg: Postgres, folder: URL, options: MigrateOptions): Promise<string[]> {
  throw new Error(`${typeof pg} ${folder} ${typeof options}`)
}
