import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Logger } from '@walking-buddy/telemetry'
import type { Postgres } from './postgres.ts'
import type { Queryable, Tx } from './queryable.ts'

/** Tables of this package that a service may choose to have, in schema `mechanism` of its own database. */
export type Mechanism = 'outbox' | 'inbox' | 'idempotency' | 'leases'

export interface MigrateOptions {
  log: Logger
  /** Applied before the service's own files. */
  mechanisms?: readonly Mechanism[]
}

interface Migration {
  /** Files of one source are ordered among themselves: a mechanism, or `service`. */
  source: string
  name: string
  sql: string
  checksum: string
}

/**
 * Brings the database up to the files `20260101T090000Z-name.sql` of `folder`, in order of name, each in a
 * transaction of its own. Safe when many instances start at once. What was applied stands in
 * `mechanism.schema_migrations` with a checksum. A database that is ahead of the files (an older version of the
 * service during a rollback) is left as it is.
 *
 * @returns the names applied by this call
 * @throws Error when an applied file has changed since, when a new file sorts before an applied one, when a name
 * does not follow the pattern, or when a statement fails (the file's transaction is rolled back)
 */
export async function migrate(
  pg: Postgres,
  folder: URL,
  { log, mechanisms = [] }: MigrateOptions,
): Promise<string[]> {
  const own = mechanisms.map(mechanism =>
    read(mechanism, new URL(`../migrations/${mechanism}/`, import.meta.url)),
  )
  const migrations = (await Promise.all([...own, read('service', folder)])).flat()

  await exclusively(pg, createRegister)
  const applied: string[] = []
  for (const migration of await pending(pg, migrations)) {
    const byUs = await exclusively(pg, tx => apply(tx, migration))
    if (!byUs) continue
    log.info({ migration: migration.name }, 'migration applied')
    applied.push(migration.name)
  }
  return applied
}

async function read(source: string, folder: URL): Promise<Migration[]> {
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
  const names = (await readdir(base)).filter(name => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async name => {
      if (!/^\d{8}T\d{6}Z-[a-z0-9-]+\.sql$/.test(name))
        throw new Error(`migration ${name}: the name has to look like 20260101T090000Z-create-walk.sql`)
      const sql = (await readFile(new URL(name, base), 'utf8')).replaceAll('\r\n', '\n')
      return { source, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/** One starter at a time. Rewriting a table may take long, and so may waiting for another starter who does. */
const exclusively = <T>(pg: Postgres, work: (tx: Tx) => Promise<T>): Promise<T> =>
  pg.transaction(
    async tx => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('mechanism.schema_migrations', 0))`)
      return work(tx)
    },
    { statementTimeoutMs: 0, lockTimeoutMs: 0 },
  )

async function createRegister(tx: Tx): Promise<void> {
  await tx.query(`
    CREATE SCHEMA IF NOT EXISTS mechanism;
    CREATE TABLE IF NOT EXISTS mechanism.schema_migrations (
      source text NOT NULL,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (source, name)
    )`)
}

/** What is still to be done, after checking that what was done is what the files say. */
async function pending(db: Queryable, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await db.query<{ source: string; name: string; checksum: string }>(
    'SELECT source, name, checksum FROM mechanism.schema_migrations',
  )
  return migrations.filter(({ source, name, checksum }) => {
    const before = rows.filter(row => row.source === source)
    const same = before.find(row => row.name === name)
    if (same && same.checksum !== checksum)
      throw new Error(`migration ${name} has changed since it was applied: add a new file instead`)
    const later = before.find(row => row.name > name)
    if (!same && later)
      throw new Error(`migration ${name} sorts before ${later.name}, which was applied already`)
    return !same
  })
}

/** Whether it was applied here: another starter may have done it while this one waited. */
async function apply(tx: Tx, migration: Migration): Promise<boolean> {
  if ((await pending(tx, [migration])).length === 0) return false
  // Behind a statement that waits for a table, everyone else who wants the table waits too.
  await tx.query(`SET LOCAL lock_timeout = '10s'`)
  await tx.query(migration.sql).catch(error => {
    throw new Error(`migration ${migration.name} failed: ${error.message}`, { cause: error })
  })
  await tx.query('INSERT INTO mechanism.schema_migrations (source, name, checksum) VALUES ($1, $2, $3)', [
    migration.source,
    migration.name,
    migration.checksum,
  ])
  return true
}
