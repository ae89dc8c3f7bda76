import { Client, DatabaseError, escapeIdentifier } from 'pg'
import { databaseUnavailable } from './failures.ts'

/**
 * Creates the database that `url` names unless it is there: for local starts and tests. Safe when raced.
 * @throws AppError unavailable when the server cannot be reached
 */
export async function createDatabaseIfMissing(url: string): Promise<void> {
  const target = new URL(url)
  const name = decodeURIComponent(target.pathname.slice(1))
  target.pathname = '/postgres'
  const client = new Client({ connectionString: target.href, connectionTimeoutMillis: 5_000 })
  await client.connect().catch(error => {
    throw databaseUnavailable(error)
  })
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`).catch(unlessItExists)
  } finally {
    await client.end()
  }
}

/** Another starter was faster: seen as a duplicate database, or as a duplicate row of the catalogue. */
function unlessItExists(error: unknown): void {
  if (!(error instanceof DatabaseError) || (error.code !== '42P04' && error.code !== '23505')) throw error
}
