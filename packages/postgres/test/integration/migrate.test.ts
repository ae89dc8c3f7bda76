import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDatabaseIfMissing, migrate } from '../../src/index.ts'
import { asSuperuser, log, testDatabase, urlOf } from '../support.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let folder: string
beforeEach(async () => {
  database = await testDatabase([])
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const file = (name: string, sql: string): Promise<void> => writeFile(join(folder, name), sql)
const run = (pg = database.pg) => migrate(pg, pathToFileURL(folder), { log, mechanisms: ['outbox', 'inbox'] })
const tables = async (): Promise<unknown[]> => {
  const { rows } = await database.pg.query(
    `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
     WHERE table_schema IN ('public', 'mechanism') ORDER BY 1`,
  )
  return rows.map(row => row['name'])
}

test('8 starters at once apply each file once, mechanisms first, then in order of name', async () => {
  await file('20260102T000000Z-fill.sql', 'INSERT INTO walks VALUES (1); INSERT INTO walks VALUES (2);')
  await file('20260101T000000Z-create.sql', 'CREATE TABLE walks (id int PRIMARY KEY);\nSELECT pg_sleep(0.1);')
  const pools = await Promise.all(Array.from({ length: 8 }, () => database.open({ poolSize: 1 })))
  const applied = await Promise.all(pools.map(run))
  expect(applied.flat().sort()).toEqual([
    '20260101T000000Z-create-inbox.sql',
    '20260101T000000Z-create-outbox.sql',
    '20260101T000000Z-create.sql',
    '20260102T000000Z-fill.sql',
  ])
  expect(await tables()).toEqual([
    'mechanism.inbox',
    'mechanism.outbox',
    'mechanism.schema_migrations',
    'public.walks',
  ])
  expect(await run()).toEqual([])
})

test('a failing file leaves nothing of itself and keeps what was applied before it', async () => {
  await file('20260101T000000Z-good.sql', 'CREATE TABLE good ()')
  await file('20260102T000000Z-bad.sql', 'CREATE TABLE half (); SELECT nonsense;')
  await expect(run()).rejects.toThrow('20260102T000000Z-bad.sql failed: column "nonsense" does not exist')
  expect(await tables()).not.toContain('public.half')
  await file('20260102T000000Z-bad.sql', 'CREATE TABLE whole ()')
  expect(await run()).toEqual(['20260102T000000Z-bad.sql'])
})

test('a file that changed after it was applied is refused, line ends apart', async () => {
  await file('20260101T000000Z-a.sql', 'CREATE TABLE a ();\n')
  await run()
  await file('20260101T000000Z-a.sql', 'CREATE TABLE a ();\r\n')
  expect(await run()).toEqual([])
  await file('20260101T000000Z-a.sql', 'CREATE TABLE b ();\n')
  await expect(run()).rejects.toThrow('20260101T000000Z-a.sql has changed since it was applied')
})

test('a new file that sorts before an applied one is refused: elsewhere it would run in another order', async () => {
  await file('20260102T000000Z-second.sql', 'SELECT 1')
  await run()
  await file('20260101T000000Z-first.sql', 'SELECT 1')
  await expect(run()).rejects.toThrow('sorts before 20260102T000000Z-second.sql')
})

test('a file with another kind of name is refused', async () => {
  await file('create.sql', 'SELECT 1')
  await expect(run()).rejects.toThrow('migration create.sql')
})

test('an older version of the service starts on a newer database', async () => {
  await file('20260101T000000Z-a.sql', 'SELECT 1')
  await file('20260102T000000Z-b.sql', 'SELECT 1')
  await run()
  await rm(join(folder, '20260102T000000Z-b.sql'))
  expect(await run()).toEqual([])
})

test('a missing database is created once, however many ask', async () => {
  const name = `${database.name}_missing`
  await Promise.all(Array.from({ length: 8 }, () => createDatabaseIfMissing(urlOf(name))))
  const { rowCount } = await asSuperuser(admin =>
    admin.query(`SELECT FROM pg_database WHERE datname = '${name}'`),
  )
  await asSuperuser(admin => admin.query(`DROP DATABASE ${name}`))
  expect(rowCount).toBe(1)
})
