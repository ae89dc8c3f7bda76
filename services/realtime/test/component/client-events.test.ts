import { randomUUID } from 'node:crypto'
import { areaOf, parseCellToken } from '@walking-buddy/cells'
import { walk } from '@walking-buddy/contracts/rest/walk'
import { clientEvents } from '@walking-buddy/contracts/socket'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { granted, type Phone, phone } from './phone.ts'
import { someCell } from './stand-ins.ts'

let world: Mesh
let instance: Instance
const phones: Phone[] = []
const signIn = async () => {
  const person = await world.person()
  const client = phone(instance.port, person.token, { reconnection: false })
  phones.push(client)
  await client.first('session:ready')
  return { ...person, client }
}

beforeAll(async () => {
  world = await mesh()
  instance = await world.instance()
})
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
})
afterAll(() => world.end())

test('a walk is asked for, accepted and called off by socket, told as REST tells it', async () => {
  const [ann, bob] = [await signIn(), await signIn()]
  const asked = await ann.client.send('walk:request', {
    partnerId: bob.userId,
    message: 'Around the lake?',
    meetingPoint: { lat: 48, lng: -20 },
  })
  expect(asked).toEqual({
    ok: true,
    data: {
      id: expect.any(String),
      origin: 'request',
      acceptedBy: [ann.userId],
      initiatorId: ann.userId,
      partnerId: bob.userId,
      initiator: { userId: ann.userId, username: 'ann', profilePhotoUrl: null, age: 31 },
      partner: { userId: bob.userId, username: 'bob', profilePhotoUrl: null, age: 42 },
      status: 'requested',
      message: 'Around the lake?',
      meetAt: null,
      meetingPoint: { lat: 48, lng: -20, name: null },
      requestedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      respondedAt: null,
      expiresAt: expect.any(String),
      shareFrom: null,
      shareUntil: null,
      startTime: null,
      endTime: null,
      endedBy: null,
      distanceMeters: null,
      durationSeconds: null,
      version: 1,
    },
  })
  const data = granted(asked)
  expect(Object.keys(data)).toEqual(Object.keys(walk.shape))
  expect(await bob.client.send('walk:accept', { walkId: data.id })).toMatchObject({
    ok: true,
    data: { status: 'accepted', version: 2 },
  })
  expect(await bob.client.send('walk:accept', { walkId: data.id })).toMatchObject({
    ok: true,
    data: { status: 'accepted', version: 2 },
  })
  expect(await bob.client.send('walk:decline', { walkId: data.id })).toMatchObject({
    ok: false,
    problem: { status: 409, code: 'illegal-transition' },
  })
})

test('a request that is sent twice with its id is one request', async () => {
  const [ann, bob] = [await signIn(), await signIn()]
  const request = { partnerId: bob.userId, requestId: randomUUID() }
  const first = await ann.client.send('walk:request', request)
  expect(await ann.client.send('walk:request', request)).toEqual(first)
  expect(world.walk.requests.at(-1)).toMatchObject({ userId: ann.userId, idempotencyKey: request.requestId })
})

test("somebody else's walk does not exist", async () => {
  const [ann, bob, eve] = [await signIn(), await signIn(), await signIn()]
  const { walk: theirs } = world.walk.create(ann.userId, bob.userId)
  for (const event of ['walk:accept', 'walk:decline', 'walk:cancel'])
    expect(await eve.client.send(event, { walkId: theirs!.walkId })).toMatchObject({
      ok: false,
      problem: { status: 404, code: 'walk-not-found' },
    })
})

test('availability is switched and shown as others see it', async () => {
  const { client, userId } = await signIn()
  const until = '2026-05-01T10:00:00.000Z'
  expect(await client.send('presence:online', { until: '2026-05-01T12:00:00+02:00' })).toEqual({
    ok: true,
    data: { available: true, until, area: areaOf(parseCellToken(someCell)) },
  })
  expect(await client.send('presence:offline', {})).toEqual({
    ok: true,
    data: { available: false, until: null, area: null },
  })
  expect(await client.send('presence:online', null)).toMatchObject({ ok: true })
  expect(world.location.switched.filter(one => one.userId === userId)).toHaveLength(3)
})

test.each([
  ['location:update', { lat: 91, lng: 0 }, ['payload.lat']],
  ['location:update', { lat: 1 }, ['payload.lng']],
  [
    'location:update',
    { lat: '1', lng: null, foo: 1, bar: 2 },
    ['payload.lat', 'payload.lng', 'payload.foo', 'payload.bar'],
  ],
  ['location:update', undefined, ['payload']],
  ['presence:online', { until: 'tomorrow' }, ['payload.until']],
  ['walk:request', { partnerId: 'x', message: 'a'.repeat(281) }, ['payload.partnerId', 'payload.message']],
  ['walk:accept', ['x'], ['payload']],
  ['walk:accept', { walkId: randomUUID(), admin: true }, ['payload.admin']],
  ['session:refresh', {}, ['payload.token']],
])('%s with %j is refused, every fault by its path', async (event, payload, paths) => {
  const { client } = await signIn()
  const answer = await client.send(event, payload)
  expect(answer).toMatchObject({
    ok: false,
    problem: { status: 400, code: 'invalid-request', requestId: expect.any(String) },
  })
  expect(answer.ok ? [] : answer.problem.errors?.map(({ path }) => path).sort()).toEqual(paths.toSorted())
})

test('an event that nobody knows is answered, as are names of objects', async () => {
  const { client } = await signIn()
  for (const name of ['walk:explode', 'constructor', '__proto__', 'toString', 'error'])
    expect(await client.send(name, {})).toMatchObject({
      ok: false,
      problem: { status: 404, code: 'unknown-event' },
    })
})

test('an event without an acknowledgement takes effect', async () => {
  const { client, userId } = await signIn()
  client.socket.emit('presence:online', {})
  await expect.poll(() => world.location.switched.some(one => one.userId === userId)).toBe(true)
})

test('a second payload is a fault, and so is a binary one', async () => {
  const { client } = await signIn()
  expect(await client.socket.timeout(2_000).emitWithAck('presence:online', {}, {})).toMatchObject({
    ok: false,
    problem: { code: 'invalid-request' },
  })
  expect(await client.send('location:update', { lat: Buffer.from('x'), lng: 1 })).toMatchObject({
    ok: false,
    problem: { code: 'invalid-request' },
  })
})

test('who sends too fast is told when to go on; other events are not affected', async () => {
  const { client } = await signIn()
  const answers = await Promise.all(Array.from({ length: 12 }, () => client.send('presence:online', {})))
  const refused = answers.filter(answer => !answer.ok)
  expect(refused).toHaveLength(2)
  expect(refused[0]).toMatchObject({ problem: { status: 429, code: 'rate-limited', retryAfterSeconds: 2 } })
  expect(await client.send('walk:accept', { walkId: randomUUID() })).toMatchObject({
    problem: { code: 'walk-not-found' },
  })
})

test('who never stops is disconnected', async () => {
  const { client } = await signIn()
  for (let i = 0; i < 400 && client.socket.connected; i++) client.socket.emit('walk:explode', i)
  await expect.poll(() => client.socket.connected).toBe(false)
})

test('a message beyond 64 KiB ends the socket', async () => {
  const { client } = await signIn()
  client.socket.emit('walk:request', { message: 'x'.repeat(66_000) })
  await expect.poll(() => client.socket.connected).toBe(false)
})

test('there is a handler and a rule for each event of the contract', async () => {
  const { client } = await signIn()
  for (const name of Object.keys(clientEvents)) {
    const answer = await client.send(name, { never: 'valid' })
    expect(answer, name).toMatchObject({ ok: false, problem: { code: 'invalid-request' } })
  }
})
