import { isAppError } from '@walking-buddy/errors'
import { createScope } from '@walking-buddy/service-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isUniqueViolation, type Postgres, postgres } from '../../src/index.ts'
import { asSuperuser, killConnections, log, testDatabase, testMetrics, until } from '../support.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let pg: Postgres
beforeAll(async () => {
  database = await testDatabase([])
  pg = database.pg
  await pg.query('CREATE TABLE accounts (id int PRIMARY KEY, amount bigint NOT NULL)')
  await pg.query('INSERT INTO accounts SELECT n, 0 FROM generate_series(1, 20) AS n')
})
afterAll(() => database.drop())

const amountOf = async (id: number): Promise<bigint> =>
  (await pg.query<{ amount: bigint }>('SELECT amount FROM accounts WHERE id = $1', [id])).rows[0]!.amount

const failure = (work: Promise<unknown>): Promise<{ kind: string; code: string }> =>
  work.then(
    () => expect.unreachable('it should have failed'),
    error => (isAppError(error) ? { kind: error.kind, code: error.code } : Promise.reject(error)),
  )

describe('values', () => {
  test('arrive without loss and without this process’s time zone', async () => {
    const { rows } = await pg.query(
      `SELECT 9007199254740993::bigint AS big, ARRAY[1, NULL]::bigint[] AS bigs, count(*) AS counted,
         0.1::numeric AS exact, '2026-03-29'::date AS day, ARRAY['2026-03-29'::date] AS days,
         '2026-03-29T02:30:00+02'::timestamptz AS instant, '2026-03-29T00:30:00'::timestamp AS naive,
         '\\x00ff'::bytea AS bytes, '{"a":[1]}'::jsonb AS document FROM accounts WHERE false`,
    )
    expect(rows[0]).toEqual({
      big: 9007199254740993n,
      bigs: [1n, null],
      counted: 0n,
      exact: '0.1',
      day: '2026-03-29',
      days: ['2026-03-29'],
      instant: new Date('2026-03-29T00:30:00Z'),
      naive: new Date('2026-03-29T00:30:00Z'),
      bytes: Buffer.from([0, 255]),
      document: { a: [1] },
    })
  })

  test('come back as they went in', async () => {
    const values = [
      2n ** 62n,
      new Date('2026-10-25T01:30:00.123Z'),
      Buffer.from([1, 2]),
      { b: 1 },
      ['x', null],
    ]
    const { rows } = await pg.query(
      'SELECT $1::bigint AS a, $2::timestamptz AS b, $3::bytea AS c, $4::jsonb AS d, $5::text[] AS e',
      values,
    )
    expect(Object.values(rows[0]!)).toEqual(values)
  })
})

describe('a transaction', () => {
  test('that throws leaves nothing, and runs none of its hooks', async () => {
    let ran = false
    await expect(
      pg.transaction(async tx => {
        tx.afterCommit(() => {
          ran = true
        })
        await tx.query('UPDATE accounts SET amount = 99 WHERE id = 1')
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await amountOf(1)).toBe(0n)
    expect(ran).toBe(false)
  })

  test('does not pass for committed when a failed statement in it was swallowed', async () => {
    await expect(
      pg.transaction(async tx => {
        await tx.query('UPDATE accounts SET amount = 99 WHERE id = 1')
        await tx.query('INSERT INTO accounts VALUES (1, 0)').catch(() => {})
      }),
    ).rejects.toThrow('nothing was committed')
    expect(await amountOf(1)).toBe(0n)
  })

  test('goes on after a savepoint failed, without its writes and hooks', async () => {
    const ran: string[] = []
    await pg.transaction(async tx => {
      tx.afterCommit(() => ran.push('outer'))
      await tx.query('UPDATE accounts SET amount = 1 WHERE id = 2')
      await tx
        .savepoint(async () => {
          tx.afterCommit(() => ran.push('inner'))
          await tx.query('UPDATE accounts SET amount = 99 WHERE id = 3')
          await tx.query('INSERT INTO accounts VALUES (2, 0)')
        })
        .catch(error => expect(isUniqueViolation(error, 'accounts_pkey')).toBe(true))
    })
    expect([await amountOf(2), await amountOf(3), ran]).toEqual([1n, 0n, ['outer']])
  })

  test('cannot be used after its end', async () => {
    const leaked = await pg.transaction(async tx => tx)
    await expect(leaked.query('SELECT 1')).rejects.toThrow('has ended')
  })

  test('runs again after a serialization failure: of 20 concurrent increments none is lost', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () =>
        pg.transaction(
          async tx => {
            const { rows } = await tx.query<{ amount: bigint }>('SELECT amount FROM accounts WHERE id = 4')
            await tx.query('UPDATE accounts SET amount = $1 WHERE id = 4', [rows[0]!.amount + 1n])
          },
          { isolation: 'serializable', attempts: 100 },
        ),
      ),
    )
    expect(await amountOf(4)).toBe(20n)
  })

  test('runs again after a deadlock', async () => {
    const bothHaveOne = Promise.withResolvers<void>()
    let attempts = 0
    const transfer = (first: number, second: number) =>
      pg.transaction(async tx => {
        await tx.query('UPDATE accounts SET amount = amount + 1 WHERE id = $1', [first])
        if (++attempts === 2) bothHaveOne.resolve()
        await bothHaveOne.promise
        await tx.query('UPDATE accounts SET amount = amount + 1 WHERE id = $1', [second])
      })
    await Promise.all([transfer(5, 6), transfer(6, 5)])
    expect([await amountOf(5), await amountOf(6), attempts]).toEqual([2n, 2n, 3])
  })

  test('is given up as unavailable when it keeps being in the way', async () => {
    let attempts = 0
    const failed = await failure(
      pg.transaction(
        async tx => {
          attempts++
          await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$`)
        },
        { attempts: 3 },
      ),
    )
    expect([failed, attempts]).toEqual([{ kind: 'unavailable', code: 'database-contended' }, 3])
  })

  test('sends its notifications only after the commit', async () => {
    const heard: string[] = []
    await asSuperuser(async listener => {
      listener.on('notification', ({ channel }) => heard.push(channel))
      await listener.query('LISTEN committed; LISTEN undone')
      await pg
        .transaction(async tx => {
          tx.notify('undone')
          throw new Error('no')
        })
        .catch(() => {})
      await pg.transaction(async tx => tx.notify('committed'))
      await until(() => heard.length > 0)
    }, database.url)
    expect(heard).toEqual(['committed'])
  })
})

describe('limits', () => {
  test('a statement that takes too long ends as timeout, and the connection lives on', async () => {
    const hasty = await database.open({ poolSize: 1, statementTimeoutMs: 50 })
    expect(await failure(hasty.query('SELECT pg_sleep(5)'))).toEqual({
      kind: 'timeout',
      code: 'database-timeout',
    })
    expect((await hasty.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('a lock that cannot be had in time ends as unavailable', async () => {
    const failed = await pg.transaction(async tx => {
      await tx.query('SELECT FROM accounts WHERE id = 7 FOR UPDATE')
      return failure(
        pg.transaction(other => other.query('SELECT FROM accounts WHERE id = 7 FOR UPDATE'), {
          lockTimeoutMs: 30,
        }),
      )
    })
    expect(failed).toEqual({ kind: 'unavailable', code: 'database-busy' })
  })

  test('a full pool ends as unavailable', async () => {
    const narrow = await database.open({ poolSize: 1, connectTimeoutMs: 50 })
    const failed = await narrow.transaction(async tx => {
      await tx.query('SELECT 1')
      return failure(narrow.query('SELECT 1'))
    })
    expect(failed).toEqual({ kind: 'unavailable', code: 'database-unavailable' })
  })

  test('failed statements cost no connections', async () => {
    const one = await database.open({ poolSize: 1 })
    const pid = async () => (await one.query('SELECT pg_backend_pid() AS pid')).rows[0]!['pid']
    const before = await pid()
    await expect(one.query('INSERT INTO accounts VALUES (1, 0)')).rejects.toSatisfy(error =>
      isUniqueViolation(error),
    )
    expect(await pid()).toBe(before)
  })
})

describe('a server that goes away', () => {
  test('ends what runs as unavailable, and the next statement works', async () => {
    const victim = await database.open({ poolSize: 2 })
    const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const sleeping = failure(victim.transaction(tx => tx.query('SELECT pg_sleep(30)')))
    await asSuperuser(async admin => {
      const asleep = `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()`
      await until(async () => (await admin.query(asleep, [database.name])).rowCount === 1)
      await admin.query(`SELECT pg_terminate_backend(pid) FROM (${asleep}) AS it`, [database.name])
      await admin.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
    })
    expect(await sleeping).toEqual({ kind: 'unavailable', code: 'database-unavailable' })
    await until(() =>
      victim.ready().then(
        () => true,
        () => false,
      ),
    )
  })

  test('while connections are idle does no harm', async () => {
    const idle = await database.open({ poolSize: 3, applicationName: `${database.name}_idle` })
    await Promise.all([idle.ready(), idle.ready(), idle.ready()])
    await killConnections(`${database.name}_idle`)
    await until(() =>
      idle.ready().then(
        () => true,
        () => false,
      ),
    )
  })

  test('or was never there: the part starts, readiness and statements say so', async () => {
    const scope = createScope(log)
    const nowhere = await scope.start(
      'postgres',
      postgres(
        {
          url: 'postgres://postgres@127.0.0.1:1/none',
          poolSize: 1,
          applicationName: 'test',
          statementTimeoutMs: 1_000,
        },
        { log, metrics: testMetrics() },
      ),
    )
    expect(await failure(nowhere.ready())).toEqual({ kind: 'unavailable', code: 'database-unavailable' })
    expect(await failure(nowhere.transaction(async () => {}))).toEqual({
      kind: 'unavailable',
      code: 'database-unavailable',
    })
    await scope.stop(1_000)
  })
})
