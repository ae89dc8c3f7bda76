import { createHash } from 'node:crypto'
import { systemIdentifiers } from '@walking-buddy/service-kit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inbox, type Postgres, retention } from '../../src/index.ts'
import { log, testDatabase, until } from '../support.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let pg: Postgres
beforeAll(async () => {
  database = await testDatabase(['inbox'])
  pg = database.pg
})
afterAll(() => database.drop())

interface Deposit {
  id: string
  account: string
  amount: bigint
}

const deposits = Array.from(
  { length: 300 },
  (_, n): Deposit => ({
    id: systemIdentifiers.uuid(Date.now()),
    account: `account${n % 7}`,
    amount: BigInt(n * n),
  }),
)

const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map(item => ({ item, at: systemIdentifiers.below(2 ** 32) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

/** Additive on purpose: a second effect would show. */
const apply = (table: string, { id, account, amount }: Deposit): Promise<boolean> =>
  pg.transaction(async tx => {
    if (!(await inbox.once(tx, id, table))) return false
    await tx.query(
      `INSERT INTO ${table} AS balance VALUES ($1, $2)
       ON CONFLICT (account) DO UPDATE SET amount = balance.amount + excluded.amount`,
      [account, amount],
    )
    return true
  })

const stateHash = async (table: string): Promise<string> => {
  const { rows } = await pg.query(`SELECT account, amount::text FROM ${table} ORDER BY account`)
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
}

test('every event delivered three times, shuffled and concurrently, gives the same state as once in order', async () => {
  for (const table of ['in_order', 'redelivered'])
    await pg.query(`CREATE TABLE ${table} (account text PRIMARY KEY, amount bigint NOT NULL)`)
  for (const deposit of deposits) await apply('in_order', deposit)

  const deliveries = shuffled([...deposits, ...deposits, ...deposits])
  const firstTimes = await Promise.all(deliveries.map(deposit => apply('redelivered', deposit)))

  expect(firstTimes.filter(Boolean)).toHaveLength(deposits.length)
  expect(await stateHash('redelivered')).toBe(await stateHash('in_order'))
})

test('an effect that was undone is not counted as done', async () => {
  const id = systemIdentifiers.uuid(Date.now())
  const first = pg.transaction(async tx => {
    await inbox.once(tx, id, 'undone')
    throw new Error('no')
  })
  await expect(first).rejects.toThrow('no')
  expect(await pg.transaction(tx => inbox.once(tx, id, 'undone'))).toBe(true)
})

test('rows go when they are older than kept, however many there are, and not before', async () => {
  await pg.query(
    `INSERT INTO mechanism.inbox SELECT 'old', gen_random_uuid(), now() - interval '2 days' FROM generate_series(1, 5000)`,
  )
  await pg.query(
    `INSERT INTO mechanism.inbox SELECT 'young', gen_random_uuid(), now() FROM generate_series(1, 10)`,
  )
  const { stop } = await retention({ pg, log, inboxMs: 86_400_000 })('retention')
  const left = async (consumer: string) =>
    (await pg.query('SELECT FROM mechanism.inbox WHERE consumer = $1', [consumer])).rowCount
  await until(async () => (await left('old')) === 0)
  expect(await left('young')).toBe(10)
  await stop!(AbortSignal.timeout(1_000))
})
