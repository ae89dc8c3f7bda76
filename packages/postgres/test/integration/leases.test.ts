import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leases, type Postgres, shardLeases } from '../../src/index.ts'
import { log, testDatabase, testMetrics, until } from '../support.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let pg: Postgres
beforeAll(async () => {
  database = await testDatabase(['leases'], { poolSize: 20 })
  pg = database.pg
  await pg.query(
    'CREATE TABLE written (shard int NOT NULL, fence bigint NOT NULL, at bigint GENERATED ALWAYS AS IDENTITY)',
  )
})
afterAll(() => database.drop())

const expire = (resource: string) =>
  pg.query(`UPDATE mechanism.leases SET expires_at = now() - interval '1 s' WHERE resource LIKE $1`, [
    resource,
  ])

describe('a lease', () => {
  test('is had by one of 20 who ask at once', async () => {
    const { acquire } = leases(pg)
    const asked = await Promise.all(Array.from({ length: 20 }, (_, n) => acquire('one', `h${n}`, 60_000)))
    expect(asked.filter(Boolean)).toHaveLength(1)
  })

  test('passes on when released or run out, each time with a higher fence', async () => {
    const { acquire, release, renew } = leases(pg)
    const first = (await acquire('passing', 'a', 60_000))!
    expect(await acquire('passing', 'b', 60_000)).toBeUndefined()
    await release(first)
    const second = (await acquire('passing', 'b', 60_000))!
    await expire('passing')
    const third = (await acquire('passing', 'c', 60_000))!
    expect([first.fence, second.fence, third.fence]).toEqual([1n, 2n, 3n])
    expect([await renew(first, 1), await renew(second, 1), await renew(third, 60_000)]).toEqual([
      false,
      false,
      true,
    ])
    await release(second)
    expect(await acquire('passing', 'd', 60_000)).toBeUndefined()
  })

  test('asked for again by its holder has a new fence, and voids the old one', async () => {
    const { acquire, renew, assertHeld } = leases(pg)
    const lost = (await acquire('again', 'a', 60_000))!
    const found = (await acquire('again', 'a', 60_000))!
    expect(found.fence).toBe(lost.fence + 1n)
    expect(await renew(lost, 60_000)).toBe(false)
    await expect(pg.transaction(tx => assertHeld(tx, lost))).rejects.toMatchObject({ code: 'lease-lost' })
  })

  test('is not granted to another while its holder writes, and renewing it does not wait for those writes', async () => {
    const { acquire, renew, assertHeld } = leases(pg)
    const lease = (await acquire('writing', 'a', 60_000))!
    await pg.transaction(async tx => {
      await assertHeld(tx, lease)
      expect(await renew(lease, 60_000)).toBe(true)
      await expire('writing')
      expect(await acquire('writing', 'b', 60_000)).toBeUndefined()
    })
    expect(await acquire('writing', 'b', 60_000)).toMatchObject({ fence: 2n })
  })

  test('writes of a holder that was replaced are refused', async () => {
    const { acquire, assertHeld } = leases(pg)
    const stale = (await acquire('stale', 'a', 60_000))!
    await expire('stale')
    const current = (await acquire('stale', 'b', 60_000))!
    await expect(pg.transaction(tx => assertHeld(tx, stale))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'lease-lost',
    })
    await pg.transaction(tx => assertHeld(tx, current))
  })
})

describe('shards', () => {
  const start = async (resource: string, holder: string, ttlMs: number, shards = 16) => {
    const instance = await database.open({
      poolSize: 3,
      applicationName: `${database.name}_${resource}_${holder}`,
    })
    const part = shardLeases({ pg: instance, resource, shards, holder, ttlMs, log, metrics: testMetrics() })
    const { value, stop } = await part(holder)
    return { ...value, pg: instance, stop: () => stop!(AbortSignal.timeout(5_000)) }
  }
  type Instance = Awaited<ReturnType<typeof start>>
  const sizes = (instances: Instance[]): number[] =>
    instances.map(instance => instance.held().size).sort((a, b) => a - b)
  const divided = (instances: Instance[], expected: number[]) =>
    until(() => String(sizes(instances)) === String(expected))

  test('are divided evenly as instances come and go, each to one of them', async () => {
    const first = await start('coming', 'a', 600)
    await divided([first], [16])
    const others = [await start('coming', 'b', 600), await start('coming', 'c', 600)]
    await divided([first, ...others], [5, 5, 6])
    const all = [first, ...others].flatMap(instance => [...instance.held().keys()])
    expect(new Set(all).size).toBe(16)
    await first.stop()
    expect(first.held().size).toBe(0)
    await divided(others, [8, 8])
    await Promise.all(others.map(instance => instance.stop()))
  })

  test('more instances than shards: each shard still has one, the others stand by', async () => {
    const instances = await Promise.all(['a', 'b', 'c'].map(holder => start('few', holder, 600, 1)))
    await divided(instances, [0, 0, 1])
    await instances.find(instance => instance.held().size === 1)!.stop()
    await divided(instances, [0, 0, 1])
    await Promise.all(instances.map(instance => instance.stop()))
  })

  test('an instance that is cut off from the database stops by itself before its shards pass on', async () => {
    const cut = await start('cut', 'a', 900, 4)
    await divided([cut], [4])
    const fences = new Map(cut.held())
    const heir = await start('cut', 'b', 900, 4)
    await divided([cut, heir], [2, 2])
    // A lock on the row of its membership and leases holds up its renewals as a lost network would.
    await pg.transaction(
      async tx => {
        await tx.query(
          `SELECT FROM mechanism.lease_members WHERE resource = 'cut' AND holder = 'a' FOR UPDATE`,
        )
        await tx.query(`SELECT FROM mechanism.leases WHERE holder = 'a' AND resource LIKE 'cut/%' FOR UPDATE`)
        await until(() => cut.held().size === 0, { withinMs: 3_000 })
      },
      { lockTimeoutMs: 1_000 },
    )
    for (const [shard, fence] of fences)
      if (heir.held().has(shard)) expect(heir.held().get(shard)).toBeGreaterThan(fence)
    await divided([cut, heir], [2, 2])
    await Promise.all([cut.stop(), heir.stop()])
  })

  test('under churn and expiry no write of an earlier fence follows one of a later fence', async () => {
    const resource = 'churn'
    let writing = true
    const work = async (instance: Instance, holds: () => ReadonlyMap<number, bigint>): Promise<number> => {
      let refused = 0
      while (writing) {
        for (const [shard, fence] of [...holds()])
          await instance.pg
            .transaction(async tx => {
              await instance.assertHeld(tx, shard, fence)
              await tx.query('INSERT INTO written (shard, fence) VALUES ($1, $2)', [shard, fence])
            })
            .catch(error => {
              expect(error).toMatchObject({ code: 'lease-lost' })
              refused++
            })
        await new Promise(resolve => setImmediate(resolve))
      }
      return refused
    }
    const instances = await Promise.all(['a', 'b', 'c', 'd'].map(holder => start(resource, holder, 300, 8)))
    await divided(instances, [2, 2, 2, 2])
    // One that never notices the time: it goes on with what it held at some time.
    const stubborn = new Map(instances[0]!.held())
    const workers = [
      ...instances.map(instance => work(instance, instance.held)),
      work(instances[0]!, () => stubborn),
    ]
    for (let round = 0; round < 10; round++) {
      await expire(`${resource}/%`)
      await instances[round % 3]!.pg.query('SELECT pg_sleep(0.1)')
    }
    await instances[0]!.stop()
    await divided(instances, [0, 2, 3, 3])
    writing = false
    const refused = await Promise.all(workers)
    await Promise.all(instances.map(instance => instance.stop()))

    const { rows } = await pg.query<{ shard: number; fence: bigint }>(
      'SELECT shard, fence FROM written ORDER BY at',
    )
    const highest = new Map<number, bigint>()
    for (const { shard, fence } of rows) {
      expect(fence).toBeGreaterThanOrEqual(highest.get(shard) ?? 0n)
      highest.set(shard, fence)
    }
    expect(refused.at(-1)).toBeGreaterThan(0)
    console.log(`${rows.length} fenced writes, ${refused.reduce((a, b) => a + b)} refused`)
  }, 20_000)
})
