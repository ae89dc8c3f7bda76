import pg from 'pg'
import { engineUrls } from './engine-urls.ts'
import { randomName } from './test-topics.ts'

/** A database of one's own, on the real server. */
export interface TestDatabase {
  url: string
  /** Runs one statement as superuser, for what a test wants to look at. */
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<R[]>
  /** Ends all its connections and drops it. */
  drop(): Promise<void>
}

/** Creates an empty database named after `prefix`. */
export async function testDatabase(prefix: string): Promise<TestDatabase> {
  const name = randomName(prefix)
  const admin = new pg.Client({ connectionString: engineUrls.postgres })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = new URL(engineUrls.postgres)
  url.pathname = `/${name}`
  const pool = new pg.Pool({ connectionString: url.href, max: 3 })
  pool.on('error', () => {})
  return {
    url: url.href,
    query: async (sql, params) => (await pool.query(sql, params)).rows,
    drop: async () => {
      await pool.end()
      const client = new pg.Client({ connectionString: engineUrls.postgres })
      await client.connect()
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      await client.end()
    },
  }
}
