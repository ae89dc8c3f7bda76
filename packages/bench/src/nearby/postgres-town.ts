import pg from 'pg'
import { type Inhabitant, listLength, radiusMeters } from './town.ts'

/** Nearest by PostGIS: a geography index, walked by distance (KNN). */
export async function connectPostgres(url: string): Promise<pg.Pool> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query('CREATE DATABASE walking_buddy_bench').catch(error => {
    if (error.code !== '42P04') throw error
  })
  await admin.end()
  const target = new URL(url)
  target.pathname = '/walking_buddy_bench'
  const pool = new pg.Pool({ connectionString: target.href, max: 4 })
  await pool.query('CREATE EXTENSION IF NOT EXISTS postgis')
  return pool
}

export async function fillPostgres(
  pool: pg.Pool,
  table: string,
  inhabitants: Iterable<Inhabitant>,
): Promise<void> {
  const people = [...inhabitants]
  await pool.query(`DROP TABLE IF EXISTS ${table}`)
  await pool.query(`CREATE TABLE ${table} (user_id uuid PRIMARY KEY, at geography(point) NOT NULL)`)
  await pool.query(
    `INSERT INTO ${table} SELECT id, ST_MakePoint(lng, lat)::geography FROM unnest($1::uuid[], $2::float8[], $3::float8[]) AS given (id, lng, lat)`,
    [people.map(({ userId }) => userId), people.map(({ lng }) => lng), people.map(({ lat }) => lat)],
  )
  await pool.query(`CREATE INDEX ON ${table} USING gist (at)`)
  await pool.query(`VACUUM ANALYZE ${table}`)
}

export const knn = (pool: pg.Pool, table: string, { lat, lng }: Inhabitant) =>
  pool.query({
    name: `knn-${table}`,
    text: `SELECT user_id, ST_Distance(at, ST_MakePoint($1, $2)::geography) AS distance FROM ${table}
           WHERE ST_DWithin(at, ST_MakePoint($1, $2)::geography, ${radiusMeters})
           ORDER BY at <-> ST_MakePoint($1, $2)::geography LIMIT ${listLength}`,
    values: [lng, lat],
  })
