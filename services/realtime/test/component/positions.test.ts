import { randomUUID } from 'node:crypto'
import { until } from '@walking-buddy/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { network } from './network.ts'
import { type Phone, phone } from './phone.ts'
import { locationStandIn } from './stand-ins.ts'

let world: Mesh
let instance: Instance
const phones: Phone[] = []
const signIn = async (port = instance.port) => {
  const person = await world.person()
  const client = phone(port, person.token)
  phones.push(client)
  await client.first('session:ready')
  return { ...person, client }
}
const accepted = { code: '', kind: '', detail: '' }
const at = (n: number) => ({ lat: 48 + n / 1e6, lng: -20 })
const positionsOf = (client: Phone) =>
  client.told.filter(({ name }) => name === 'walk:position').map(({ data }) => data)
const shared = (recipientId: string, walkId: string, userId: string, n: number) => ({
  recipientId,
  walkId,
  userId,
  ...at(n),
  recordedAt: new Date(1_780_000_000_000 + n),
})

beforeAll(async () => {
  world = await mesh()
  instance = await world.instance()
})
beforeEach(() => world.location.answerWith(() => accepted))
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
})
afterAll(() => world.end())

test('a position goes to location as it was reported, and says how long it is kept', async () => {
  const { client, userId } = await signIn()
  const report = {
    ...at(1),
    accuracyMeters: 5,
    recordedAt: '2026-05-01T10:00:00Z',
    sentAt: '2026-05-01T12:00:01+02:00',
  }
  expect(await client.send('location:update', report)).toEqual({ ok: true, data: { expiresInSeconds: 300 } })
  expect(world.location.reports.at(-1)).toMatchObject({
    userId,
    ...at(1),
    accuracyMeters: 5,
    recordedAt: new Date('2026-05-01T10:00:00Z'),
    sentAt: new Date('2026-05-01T10:00:01Z'),
  })
})

test('a refusal of location is the answer', async () => {
  const { client } = await signIn()
  world.location.answerWith(() => ({
    code: 'location-disabled',
    kind: 'precondition',
    detail: 'Switch it on first.',
  }))
  expect(await client.send('location:update', at(1))).toMatchObject({
    ok: false,
    problem: { status: 409, code: 'location-disabled', detail: 'Switch it on first.' },
  })
})

test('positions of many phones share messages, and each gets its own answer', async () => {
  const people = await Promise.all(Array.from({ length: 30 }, () => signIn()))
  const refused = new Set<string>(people.filter((_, i) => i % 3 === 0).map(({ userId }) => userId))
  world.location.answerWith(({ userId }) =>
    refused.has(userId) ? { code: 'implausible-position', kind: 'conflict', detail: '' } : accepted,
  )
  const before = world.location.messages()
  const answers = await Promise.all(people.map(({ client }) => client.send('location:update', at(2))))
  expect(answers.map(answer => answer.ok)).toEqual(people.map(({ userId }) => !refused.has(userId)))
  expect(world.location.messages() - before).toBeLessThan(15)
})

test('what a broken stream had not answered goes over the next one', async () => {
  const { client } = await signIn()
  world.location.answerWith(() => undefined)
  const before = world.location.reports.length
  const answer = client.send('location:update', at(3))
  await until(() => world.location.reports.length > before)
  world.location.answerWith(() => accepted)
  await world.location.stop()
  await world.location.start()
  expect(await answer).toEqual({ ok: true, data: { expiresInSeconds: 300 } })
})

test('while location is away a position is refused in time, and the next is taken when it is back', async () => {
  const { client } = await signIn()
  await world.location.stop()
  const startedMs = performance.now()
  expect(await client.send('location:update', at(4))).toMatchObject({
    ok: false,
    problem: { status: 503, code: 'unavailable', retryAfterSeconds: 1 },
  })
  expect(performance.now() - startedMs).toBeLessThan(4_500)
  await world.location.start()
  await until(async () => (await client.send('location:update', at(5))).ok)
})

test("a partner's position reaches every device of its recipient and nobody else", async () => {
  const [ann, bob] = [await signIn(), await signIn()]
  const walkId = randomUUID()
  const second = phone(instance.port, await world.access.sign(ann.userId))
  phones.push(second)
  await second.first('session:ready')
  await until(() => world.location.follows(ann.userId))
  await world.location.share([shared(ann.userId, walkId, bob.userId, 7)])
  for (const device of [ann.client, second])
    expect(await device.first('walk:position')).toEqual({
      walkId,
      userId: bob.userId,
      ...at(7),
      recordedAt: new Date(1_780_000_000_007).toISOString(),
    })
  expect(positionsOf(bob.client)).toEqual([])
})

test('positions are asked for as long as somebody is there, also of a location that came back', async () => {
  const { client, userId } = await signIn()
  await until(() => world.location.follows(userId))
  await world.location.stop()
  await world.location.start()
  await until(() => world.location.follows(userId))
  client.close()
  await until(() => !world.location.follows(userId))
})

test('after a block nothing more of the partner is passed on', async () => {
  const [ann, bob] = [await signIn(), await signIn()]
  const walkId = randomUUID()
  await until(() => world.location.follows(ann.userId))
  await world.location.share([shared(ann.userId, walkId, bob.userId, 1)])
  await ann.client.first('walk:position')
  await until(() => world.identity.watched())
  await world.identity.revoke({
    $case: 'pairBlocked',
    value: { blockerId: bob.userId, blockedId: ann.userId },
  })
  // Comes after the block on the same stream of revocations.
  const witness = await signIn()
  await world.identity.revoke({ $case: 'userSuspended', value: { userId: witness.userId } })
  await until(() => !witness.client.socket.connected)
  await world.location.share([shared(ann.userId, walkId, bob.userId, 2)])
  const carol = await signIn()
  await until(() => world.location.follows(carol.userId))
  await world.location.share([shared(carol.userId, walkId, bob.userId, 3)])
  await carol.client.first('walk:position')
  expect(positionsOf(ann.client)).toHaveLength(1)
})

test('a slow reader gets the newest position, not all of them, and none that is old', async () => {
  const way = await network(instance.port)
  try {
    const [ann, bob] = [await signIn(way.port), await signIn()]
    const walkId = randomUUID()
    await until(() => world.location.follows(ann.userId))
    const big = 4_000
    for (let n = 0; n < big; n += 200)
      await world.location.share(
        Array.from({ length: 200 }, (_, i) => shared(ann.userId, walkId, bob.userId, n + i)),
      )
    const latest = new Date(1_780_000_000_000 + big - 1).toISOString()
    await until(() => positionsOf(ann.client).at(-1)?.['recordedAt'] === latest)
    expect(positionsOf(ann.client).length).toBeLessThan(big / 2)
  } finally {
    way.close()
  }
})

test('with several instances of location each passes positions on, and one that dies is replaced by the other', async () => {
  const [one, other] = [await locationStandIn(), await locationStandIn()]
  const several = await world.instance({}, { resolve: async () => [one.address, other.address] })
  try {
    const people = await Promise.all(Array.from({ length: 12 }, () => signIn(several.port)))
    const ann = people[0]!
    await until(() => [one, other].every(instance => instance.follows(ann.userId)))
    for (const { client } of people)
      for (let n = 0; n < 3; n++) expect((await client.send('location:update', at(n))).ok).toBe(true)
    const takers = (userId: string) =>
      [one, other].filter(({ reports }) => reports.some(report => report.userId === userId)).length
    expect(people.map(({ userId }) => takers(userId))).toEqual(people.map(() => 1))
    expect(one.reports.length).toBeGreaterThan(0)
    expect(other.reports.length).toBeGreaterThan(0)

    for (const [n, instance] of [one, other].entries()) {
      await instance.share([shared(ann.userId, randomUUID(), people[1]!.userId, n)])
      await until(() => positionsOf(ann.client).length === n + 1)
    }
    await one.stop()
    for (const { client } of people) expect((await client.send('location:update', at(9))).ok).toBe(true)
  } finally {
    await several.stop()
    await Promise.all([one.stop(), other.stop()])
  }
})

test('no exact position is ever logged', async () => {
  expect(instance.process.lines().join('\n')).not.toMatch(/48\.0000|"lat"/)
})
