import { until } from '@walking-buddy/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { granted, type Phone, type PhoneOptions, phone } from './phone.ts'

let world: Mesh
let instance: Instance
const phones: Phone[] = []
const call = (token: string, options?: PhoneOptions): Phone => {
  const made = phone(instance.port, token, { reconnection: false, ...options })
  phones.push(made)
  return made
}
const closed = (client: Phone, withinMs: number) =>
  until(() => !client.socket.connected, { withinMs, what: 'the end of the socket' })

beforeAll(async () => {
  world = await mesh()
  instance = await world.instance()
  await until(() => world.identity.watched())
})
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
})
afterAll(() => world.end())

test('a minute before its token ends a phone is warned, and a later token goes on', async () => {
  const { userId, sessionId, token } = await world.person({ expiresInSeconds: 50 })
  const client = call(token)
  expect((await client.first('session:expiring'))['expiresInSeconds']).toBeLessThanOrEqual(50)
  const answer = await client.send('session:refresh', {
    token: await world.access.sign(userId, { sessionId, expiresInSeconds: 600 }),
  })
  expect(granted(answer)['expiresInSeconds']).toBeGreaterThan(590)
})

test('a token that ends takes its socket with it', async () => {
  const { token } = await world.person({ expiresInSeconds: 2 })
  const client = call(token)
  await client.first('session:ready')
  await closed(client, 5_000)
  expect(client.told.map(({ name }) => name)).toContain('session:expired')
})

test('a refreshed socket outlives its first token', async () => {
  const { userId, sessionId, token } = await world.person({ expiresInSeconds: 2 })
  const client = call(token)
  await client.first('session:ready')
  await client.send('session:refresh', { token: await world.access.sign(userId, { sessionId }) })
  const end = Date.now() + 3_500
  await until(() => Date.now() > end)
  expect((await client.send('presence:online')).ok).toBe(true)
})

test("another person's token does not take over a socket", async () => {
  const { token } = await world.person()
  const client = call(token)
  await client.first('session:ready')
  expect(await client.send('session:refresh', { token: (await world.person()).token })).toMatchObject({
    ok: false,
    problem: { status: 403, code: 'another-user' },
  })
  expect((await client.send('presence:online')).ok).toBe(true)
})

test('a bad token for a refresh leaves the session as it is', async () => {
  const { token } = await world.person()
  const client = call(token)
  await client.first('session:ready')
  expect(await client.send('session:refresh', { token: 'nothing' })).toMatchObject({
    ok: false,
    problem: { status: 401, code: 'unauthorized' },
  })
  expect((await client.send('presence:online')).ok).toBe(true)
})

test("a logout ends that session's sockets within a second and no other's", async () => {
  const { userId, sessionId, token } = await world.person()
  const [here, elsewhere] = [call(token), call(await world.access.sign(userId))]
  await Promise.all([here.first('session:ready'), elsewhere.first('session:ready')])
  await world.identity.revoke({
    $case: 'sessionEnded',
    value: { userId, sessionId, occurredAt: new Date(), reason: 1 },
  })
  await closed(here, 1_000)
  expect(here.told.at(-1)!.name).toBe('session:expired')
  expect((await elsewhere.send('presence:online')).ok).toBe(true)
})

test('a refreshed socket belongs to the session of its new token', async () => {
  const { userId, token } = await world.person()
  const client = call(token)
  await client.first('session:ready')
  const next = await world.person()
  expect(
    (
      await client.send('session:refresh', {
        token: await world.access.sign(userId, { sessionId: next.sessionId, expiresInSeconds: 900 }),
      })
    ).ok,
  ).toBe(true)
  await world.identity.revoke({
    $case: 'sessionEnded',
    value: { userId, sessionId: next.sessionId, occurredAt: new Date(), reason: 1 },
  })
  await closed(client, 1_000)
})

test('a suspension ends all sockets of the person', async () => {
  const { userId, token } = await world.person()
  const clients = [call(token), call(await world.access.sign(userId))]
  await Promise.all(clients.map(client => client.first('session:ready')))
  await world.identity.revoke({ $case: 'userSuspended', value: { userId } })
  await Promise.all(clients.map(client => closed(client, 1_000)))
})

test('a block ends no socket: it would tell', async () => {
  const [blocker, blocked] = [await world.person(), await world.person()]
  const clients = [call(blocker.token), call(blocked.token)]
  await Promise.all(clients.map(client => client.first('session:ready')))
  await world.identity.revoke({
    $case: 'pairBlocked',
    value: { blockerId: blocker.userId, blockedId: blocked.userId },
  })
  for (const client of clients) expect((await client.send('presence:offline')).ok).toBe(true)
  expect(clients.flatMap(client => client.told.map(({ name }) => name))).not.toContain('session:expired')
})

test('while the watch is silent the owner is asked for each event', async () => {
  const { userId, sessionId, token } = await world.person()
  const client = call(token)
  await client.first('session:ready')
  await world.identity.stop()
  try {
    await until(async () => {
      const answer = await client.send('presence:online')
      return !answer.ok && answer.problem.status === 503
    })
    expect(client.socket.connected).toBe(true)
  } finally {
    await world.identity.start()
  }
  await until(async () => (await client.send('presence:online')).ok)
  // What happened meanwhile comes with the snapshot.
  await world.identity.revoke({
    $case: 'sessionEnded',
    value: { userId, sessionId, occurredAt: new Date(), reason: 1 },
  })
  await closed(client, 5_000)
})
