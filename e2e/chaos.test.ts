import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EngineName, type Engines, engineStatus, startEngines } from '@walking-buddy/engines'
import { until } from '@walking-buddy/testkit'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectStatus, freshPlace, type Person, walkerAt } from './support/client.ts'
import { freeBlock, type MeshUnderTest, startMeshUnderTest } from './support/mesh-under-test.ts'
import { startPair, type WalkingPair } from './support/walking-pair.ts'

const walkSeconds = 3
let dataDir: string
let engines: Engines
let mesh: MeshUnderTest
let pairs: WalkingPair[]

// Engines of its own: it kills them.
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'walking-buddy-engines-'))
  const first = await freeBlock()
  const ports = {
    postgres: first + 1,
    redis: first + 2,
    kafka: first + 3,
    kafkaController: first + 4,
    mongo: first + 5,
  }
  engines = await startEngines({
    dataDir,
    ports,
    env: { ...process.env, POSTGRES_URL: '', REDIS_URL: '', KAFKA_BROKERS: '', MONGO_URL: '' },
  })
  mesh = await startMeshUnderTest(engines.urls)
  pairs = await Promise.all(Array.from({ length: 4 }, () => startPair(mesh.url, freshPlace(), walkSeconds)))
}, 180_000)
afterAll(async () => {
  await Promise.all(pairs?.map(pair => pair.stop()) ?? [])
  await mesh?.stop()
  await engines?.stop()
  if (dataDir) rmSync(dataDir, { recursive: true, force: true })
}, 120_000)

/** Seconds until every pair has completed a walk that began after now. */
async function untilAllWalkAgain(): Promise<number> {
  const startedMs = performance.now()
  const before = pairs.map(pair => pair.completed.length)
  // The walk under way may have been acknowledged before; the one after it was not.
  await until(() => pairs.every((pair, i) => pair.completed.length >= before[i]! + 2), {
    withinMs: 90_000,
    what: 'every pair walks again',
  })
  return (performance.now() - startedMs) / 1000
}

describe('kill -9 under load', () => {
  test.each(['identity', 'location', 'matching', 'walk', 'realtime', 'gateway'] as const)(
    'of %s: the others go on, and it comes back',
    async name => {
      const running = mesh.constellation.processes.get(name)!
      const pid = running.pid()!
      process.kill(pid, 'SIGKILL')
      await until(() => running.pid() !== pid)
      const seconds = await untilAllWalkAgain()
      console.log(`kill -9 ${name}: every pair had walked twice again after ${seconds.toFixed(1)} s`)
    },
  )

  test.each(['redis', 'kafka', 'mongo', 'postgres'] satisfies EngineName[])(
    'of %s: nothing acknowledged is lost, and the walks go on',
    async engine => {
      const pidOf = async () =>
        (await engineStatus(dataDir)).engines.find(status => status.engine === engine)?.pid
      const pid = (await pidOf())!
      process.kill(pid, 'SIGKILL')
      await until(async () => (await pidOf()) !== pid, { withinMs: 60_000 })
      const seconds = await untilAllWalkAgain()
      console.log(`kill -9 ${engine}: every pair had walked twice again after ${seconds.toFixed(1)} s`)
    },
  )
})

test('Redis FLUSHALL changes nobody’s published cell', async () => {
  const at = freshPlace()
  const [ada, bo] = (await Promise.all([walkerAt(mesh.url, at), walkerAt(mesh.url, at)])) as [Person, Person]
  const areas = () =>
    Promise.all([ada, bo].map(person => expectStatus(person.call('GET', '/api/users/availability'), 200)))
  const sees = async () =>
    (
      await expectStatus(ada.call<{ items: { userId: string }[] }>('GET', '/api/users/nearby'), 200)
    ).items.some(item => item.userId === bo.id)
  await until(sees)
  const before = (await areas()).map(availability => availability['area'])
  const redis = await createClient({ url: engines.urls.redis }).connect()
  await redis.flushAll()
  await redis.close()
  expect((await areas()).map(availability => availability['area'])).toEqual(before)
  expect(await sees()).toBe(true)
  const running = mesh.constellation.processes.get('location')!
  const pid = running.pid()!
  process.kill(pid, 'SIGKILL')
  await until(() => running.pid() !== pid)
  await until(async () => (await ada.call('GET', '/api/users/availability')).status === 200)
  expect((await areas()).map(availability => availability['area'])).toEqual(before)
})

test('after all of it every acknowledged change is there, and each phone was told of each, once and in order', async () => {
  await Promise.all(pairs.map(pair => pair.stop()))
  for (const pair of pairs) {
    for (const phone of pair.phones) await phone.connect()
    for (const [id, statuses] of pair.acknowledged) {
      const walk = await pair.phones[0]!.call<{ status: string }>('GET', `/api/walks/${id}`)
      if (statuses.has('walk:completed')) expect(walk.status).toBe('completed')
      else
        expect(['requested', 'accepted', 'in_progress', 'completed', 'cancelled', 'expired']).toContain(
          walk.status,
        )
    }
    const acknowledged = [...pair.acknowledged].flatMap(([id, statuses]) =>
      [...statuses].map(status => `${id}/${status}`),
    )
    for (const received of pair.received) {
      await until(() => acknowledged.every(change => received.includes(change)), {
        withinMs: 30_000,
        what: 'every acknowledged change is told',
      })
      expect(new Set(received).size).toBe(received.length)
      for (const [id, statuses] of pair.acknowledged) {
        const order = received.filter(change => change.startsWith(id)).map(change => change.split('/')[1]!)
        expect(order).toEqual([...statuses].filter(status => order.includes(status)))
      }
    }
    for (const phone of pair.phones) phone.disconnect()
  }
  console.log(
    `${pairs.reduce((sum, pair) => sum + pair.completed.length, 0)} walks; calls that a patient client gave up on: ${pairs.reduce((sum, pair) => sum + pair.troubles.length, 0)}`,
  )
})
