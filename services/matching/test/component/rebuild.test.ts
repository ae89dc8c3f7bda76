import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { userRegistered } from '@walking-buddy/contracts/topics'
import { tombstone } from '@walking-buddy/kafka'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MatchingUnderTest, matchingUnderTest, townAt } from './matching-under-test.ts'

let matching: MatchingUnderTest
beforeAll(async () => {
  matching = await matchingUnderTest()
})
afterAll(() => matching.stop())

let towns = 0
const town = () => {
  const { lat, lng } = townAt(towns++ * 0.5)
  return (northMeters = 0) => ({ lat: lat + northMeters / 111_195, lng })
}

/** Everything in topics that an instance could still have before it. */
async function someHistory() {
  const at = town()
  const people = await matching.people(...Array.from({ length: 40 }, (_, i) => ({ at: at(60 * i) })))
  for (const [i, person] of people.entries()) {
    if (i % 3 === 0) await matching.changeUser(person, { username: `renamed-${i}` })
    if (i % 4 === 0) await matching.move(person, i % 8 === 0 ? null : at(50 * i), 400)
    if (i % 5 === 0) await matching.publish([matching.blocksRecord(person.id, 1, [people[(i + 7) % 40]!.id])])
  }
  return people
}

const listsOf = (people: { id: string }[], url: string) =>
  Promise.all(people.map(({ id }) => matching.names(id, '?limit=100', url)))

describe('an instance that starts', () => {
  test('has the same state and gives the same lists as one that lived through everything', async () => {
    const people = await someHistory()
    const another = await matching.startAnother()
    await until(() => another.walkers.fingerprint() === matching.walkers.fingerprint(), {
      what: 'equal fingerprints',
    })
    expect(await listsOf(people, another.url)).toEqual(await listsOf(people, matching.url))
    await another.process.stop()
  })

  test('knows who is visible although the topic has forgotten them', async () => {
    const at = town()
    const [viewer] = await matching.people({ at: at() })
    const onlyAtLocation = matching.own({ at: at(200) })
    const another = await matching.startAnother()
    expect(await matching.names(viewer!.id, '', another.url)).toEqual([onlyAtLocation.id])
    await another.process.stop()
    await matching.publish([
      matching.userRecord(onlyAtLocation.user),
      matching.presenceRecord(onlyAtLocation.presence),
    ])
    await matching.known([onlyAtLocation])
  })

  test('says that it is not ready, and answers 503, until everything has been read', async () => {
    const at = town()
    const [viewer] = await matching.people({ at: at() })
    matching.owners.down.add('location')
    const another = await matching.launch()
    try {
      await until(() => matching.owners.calls.filter(call => call === 'listPublished').length > 2)
      const answer = await matching.get(viewer!.id, '', another.url)
      expect([answer.status, answer.body.code]).toEqual([503, 'starting'])
      expect((await another.process.health.report()).faults).toHaveProperty('nearby index')
    } finally {
      matching.owners.down.delete('location')
    }
    await until(another.isReady)
    expect((await matching.get(viewer!.id, '', another.url)).status).toBe(200)
    await another.process.stop()
  })
})

describe('events', () => {
  test('delivered three times in any order leave the same state', async () => {
    const people = await someHistory()
    const before = matching.walkers.fingerprint()
    const again = people.flatMap(({ id, user, presence }) => [
      matching.userRecord(user),
      matching.presenceRecord(presence),
      matching.userRecord(matching.owners.users.get(id)!),
      matching.presenceRecord(matching.owners.presences.get(id)!),
    ])
    const thrice = [...again, ...again, ...again].sort(() => Math.random() - 0.5)
    await matching.publish(thrice)
    const another = await matching.startAnother()
    expect(another.walkers.fingerprint()).toBe(before)
    expect(matching.walkers.fingerprint()).toBe(before)
    await another.process.stop()
  })

  test('of which one cannot be read do not hold up the others', async () => {
    const at = town()
    const [viewer, other] = await matching.people({ at: at() }, { at: at() })
    const bad = matching.presenceRecord({ ...other!.presence, version: 50, cell: 'ffffffffff' })
    await matching.publish([bad, matching.presenceRecord({ ...other!.presence, version: 51, cell: '' })])
    await until(async () => (await matching.names(viewer!.id)).length === 0)
  })

  test('a tombstone forgets a person for good', async () => {
    const at = town()
    const [viewer, erased] = await matching.people({ at: at() }, { at: at() })
    expect(await matching.names(viewer!.id)).toEqual([erased!.id])
    matching.owners.users.delete(erased!.id)
    await matching.publish([tombstone(userRegistered, erased!.id, { id: erased!.id, time: new Date() })])
    await until(async () => (await matching.names(viewer!.id)).length === 0)
    await matching.publish([
      matching.userRecord({ ...erased!.user, version: 9 }),
      matching.presenceRecord({ ...erased!.presence, version: 9 }),
    ])
    const [marker] = await matching.people({ at: at() })
    expect(await matching.names(viewer!.id)).toEqual([marker!.id])
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** `main.ts` as it runs everywhere, ready. */
async function realProcess() {
  const [http, grpc, ops] = await Promise.all([freePort(), freePort(), freePort()])
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const ports = {
    HTTP_PORT: String(http),
    GRPC_PORT: String(grpc),
    OPS_PORT: String(ops),
    PROPAGATION_MS: '0',
  }
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...matching.env, ...ports },
    stdio: 'ignore',
  })
  children.push(child)
  await until(async () => (await fetch(`http://127.0.0.1:${ops}/readyz`)).ok, {
    what: 'readiness',
    withinMs: 30_000,
  })
  return { child, client: await matching.asService('walk', grpc) }
}

describe('the real process', () => {
  test('killed, its replacement answers as before; told to end, it ends in order', async () => {
    const people = await someHistory()
    const [viewer, ...others] = people.slice(1).map(({ id }) => id)
    const expected = await matching.names(viewer!, '?limit=100')
    expect(expected.length).toBeGreaterThan(5)
    const answerOf = async ({ client }: Awaited<ReturnType<typeof realProcess>>) =>
      new Set((await client.checkListed({ viewerId: viewer!, subjectIds: others })).listedIds)

    const first = await realProcess()
    expect(await answerOf(first)).toEqual(new Set(expected))
    first.child.kill('SIGKILL')
    const second = await realProcess()
    expect(await answerOf(second)).toEqual(new Set(expected))

    const askedAtMs = performance.now()
    second.child.kill('SIGTERM')
    const [code] = await once(second.child, 'exit')
    expect(code).toBe(0)
    expect(performance.now() - askedAtMs).toBeLessThan(5_000)
  })
})
