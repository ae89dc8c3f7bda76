import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { shardOf } from '../../src/domain/shard.ts'
import { type Instance, openStream, startWorld, until, type World } from './harness.ts'

const home = { lat: 48.01, lng: -20.02 }
let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

const holders = async () =>
  world.database.query<{ holder: string; shards: number }>(
    `SELECT holder, count(*)::int AS shards FROM mechanism.leases WHERE resource LIKE 'presences/%' AND expires_at > clock_timestamp() GROUP BY holder`,
  )
/** Versions of what was told of someone, in order: without a gap, without a repetition. */
const versionsOf = (userId: string) => world.told(userId).map(presence => presence!.version)
const counting = (length: number) => Array.from({ length }, (_, i) => i + 1)

describe('two instances', () => {
  let first: Instance
  let second: Instance

  beforeAll(async () => {
    first = await world.startInstance()
    second = await world.startInstance()
    await until(async () => (await holders()).filter(({ shards }) => shards === 32).length === 2, {
      what: 'shares',
    })
  })
  afterAll(async () => {
    await first?.stop()
    await second?.stop()
  })

  test('share the shards, and either takes requests for any person', async () => {
    const people = await Promise.all(Array.from({ length: 30 }, () => world.person()))
    await Promise.all(people.map((person, i) => person.report(i % 2 ? first : second, home)))
    for (const person of people) expect((await person.availability(first)).body.area).not.toBeNull()
    await until(() => people.every(({ userId }) => versionsOf(userId).length === 1))
    expect(new Set(people.map(({ userId }) => shardOf(userId))).size).toBeGreaterThan(8)
  })

  test('a switch raced at both has one order, and the last word of everyone counts', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => world.person()))
    await Promise.all(people.map(person => person.report(first, home)))
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        people.flatMap(person => [
          person.switchOff(first),
          person.switchOn(second),
          person.switchOn(first),
          person.switchOff(second),
        ]),
      )
      expect(answers.map(({ status }) => status).filter(status => status !== 200)).toEqual([])
    }
    await Promise.all(people.map(person => person.switchOn(first)))
    const shown = await Promise.all(people.map(person => person.availability(second)))
    expect(shown.every(({ body }) => body.available && body.area !== null)).toBe(true)
    const rows = await world.database.query(
      'SELECT user_id, version FROM presences WHERE user_id = ANY ($1)',
      [people.map(({ userId }) => userId)],
    )
    for (const { user_id, version } of rows) {
      await until(() => versionsOf(user_id).length === version, { what: 'all versions' })
      expect(versionsOf(user_id)).toEqual(counting(version))
    }
  })

  test('a withdrawal that both hear of is acted on once', async () => {
    const ann = await world.person()
    await ann.report(second, home)
    await until(() => versionsOf(ann.userId).length === 1)
    world.identity.consent(ann.userId, false)
    await until(() => versionsOf(ann.userId).length === 2)
    const intents = await world.database.query(
      `SELECT FROM intents WHERE user_id = $1 AND request ->> 'kind' = 'consent-ended'`,
      [ann.userId],
    )
    expect(intents).toHaveLength(1)
  })

  test('a position that was awaited is published, whichever of them takes it', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => world.person()))
    await Promise.all(people.map(person => person.switchOn(first)))
    await Promise.all(people.map(person => person.report(second, home)))
    await until(() => people.every(({ userId }) => versionsOf(userId).length === 1), {
      what: 'all publications',
      withinMs: 3_000,
    })
  })
})

describe('kill -9', () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  const freePort = async (): Promise<number> => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    return port
  }
  const start = async () => {
    const grpcPort = await freePort()
    const child = spawn(process.execPath, [main], {
      env: { ...process.env, ...world.env, GRPC_PORT: String(grpcPort) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    let out = ''
    child.stdout!.on('data', chunk => (out += chunk))
    await until(() => out.includes('"ready"'), { what: 'the process', withinMs: 20_000 })
    const address = `127.0.0.1:${grpcPort}`
    return { child, address, grpc: await world.clientOf(address, 'realtime') }
  }

  test('of a holder of shards loses nothing that was acknowledged, and the others take over within seconds', async () => {
    const [one, two] = await Promise.all([start(), start()])
    await until(async () => (await holders()).filter(({ shards }) => shards === 32).length === 2, {
      what: 'shares',
    })
    const people = await Promise.all(Array.from({ length: 24 }, () => world.person()))
    const wishes = new Map<string, boolean>()
    let acknowledged = 0
    let longestMs = 0
    let stopped = false
    const live = async (userId: string, random: () => number) => {
      for (let on = true; !stopped; on = !on) {
        const startedMs = performance.now()
        // As a client does: again until it is acknowledged, by whoever answers.
        for (let done = false; !done; ) {
          const { grpc } = random() < 0.5 && one.child.exitCode === null && !one.child.killed ? one : two
          done = await grpc.setAvailability({ userId, available: on }, { deadlineMs: 3_000 }).then(
            () => true,
            () => false,
          )
        }
        longestMs = Math.max(longestMs, performance.now() - startedMs)
        wishes.set(userId, on)
        acknowledged++
      }
    }
    const stream = openStream(two.grpc)
    await stream.report(people.map(({ userId }) => ({ userId, ...home })))
    const living = people.map(({ userId }) => live(userId, Math.random))
    await until(() => acknowledged > 100, { what: 'some load' })
    one.child.kill('SIGKILL')
    const killedAt = acknowledged
    await until(async () => (await holders()).some(({ shards }) => shards === 64), {
      what: 'the take-over',
      withinMs: 10_000,
    })
    await until(() => acknowledged > killedAt + 100, { what: 'more load' })
    stopped = true
    await Promise.all(living)

    expect(longestMs).toBeLessThan(10_000)
    const rows = await world.database.query(
      'SELECT user_id, version, available_since IS NOT NULL AS available FROM presences WHERE user_id = ANY ($1)',
      [people.map(({ userId }) => userId)],
    )
    for (const { user_id, version, available } of rows) {
      expect(available).toBe(wishes.get(user_id))
      await until(() => versionsOf(user_id).at(-1) === version, { what: 'the last version' })
      // A relay that was killed between publishing and deleting repeats: readers keep the highest version.
      expect([...new Set(versionsOf(user_id))]).toEqual(counting(version))
    }
    await stream.close()
  })

  test('of the only instance changes no cell, and what it acknowledged stands after the restart', async () => {
    const before = await start()
    const people = await Promise.all(Array.from({ length: 10 }, () => world.person()))
    const stream = openStream(before.grpc)
    await until(async () =>
      (await stream.report(people.map(({ userId }) => ({ userId, ...home })))).every(
        ({ code }) => code === '',
      ),
    )
    await until(() => people.every(({ userId }) => versionsOf(userId).length === 1), { what: 'publications' })
    await Promise.all(
      people.slice(5).map(({ userId }) => before.grpc.setAvailability({ userId, available: false })),
    )
    before.child.kill('SIGKILL')
    await once(before.child, 'exit')

    const after = await start()
    const again = openStream(after.grpc)
    await again.report(people.map(({ userId }) => ({ userId, ...home })))
    const { presences } = await (await world.clientOf(after.address, 'matching')).batchGetPublished({
      userIds: people.map(({ userId }) => userId),
    })
    expect(presences.map(({ userId, version }) => [userId, version]).sort()).toEqual(
      people
        .slice(0, 5)
        .map(({ userId }) => [userId, 1])
        .sort(),
    )
    await until(() => people.slice(5).every(({ userId }) => world.told(userId).at(-1)?.cell === ''))
  })
})
