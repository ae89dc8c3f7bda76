import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { type Phone, type PhoneOptions, phone, refusal } from './phone.ts'

let world: Mesh
let instance: Instance
const phones: Phone[] = []
const call = (token: string, options?: PhoneOptions): Phone => {
  const made = phone(instance.port, token, options)
  phones.push(made)
  return made
}

beforeAll(async () => {
  world = await mesh()
  instance = await world.instance({ MAX_SOCKETS_PER_USER: '3' })
})
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
})
afterAll(() => world.end())

test('the first thing a phone is told is where its stream stands and how long its token lasts', async () => {
  const { token } = await world.person({ expiresInSeconds: 300 })
  const client = call(token)
  const ready = await client.first('session:ready')
  expect(client.told[0]!.name).toBe('session:ready')
  expect(ready).toEqual({
    stream: expect.stringMatching(/^[0-9a-f-]{36}$/),
    seq: 0,
    resumed: false,
    serverTime: expect.stringMatching(/Z$/),
    expiresInSeconds: expect.any(Number),
  })
  expect(ready['expiresInSeconds']).toBeGreaterThan(290)
  expect(ready['expiresInSeconds']).toBeLessThanOrEqual(300)
})

test.each([
  ['no token', {}],
  ['a token that is no token', { token: 'x.y.z' }],
  ['a token that is no text', { token: { $ne: 1 } }],
])('with %s a socket is refused, with a problem', async (_, auth) => {
  const client = call('')
  client.socket.auth = auth
  expect(await refusal(client)).toMatchObject({
    status: 401,
    code: 'unauthorized',
    type: 'urn:walking-buddy:problem:unauthorized',
    requestId: expect.any(String),
  })
})

test.each([
  ['expired', { expiresInSeconds: -10 }],
  ['of another audience', { audience: 'safety' }],
  ['of another issuer', { issuer: 'elsewhere' }],
])('a token that is %s opens nothing', async (_, claims) => {
  expect((await refusal(call(await world.access.sign(randomUUID(), claims)))).code).toBe('unauthorized')
})

test('a session that has ended opens nothing', async () => {
  const { userId, sessionId, token } = await world.person()
  await world.identity.revoke({
    $case: 'sessionEnded',
    value: { userId, sessionId, occurredAt: new Date(), reason: 1 },
  })
  expect((await refusal(call(token))).code).toBe('session-ended')
})

test('a page of another origin is refused, one of ours is not', async () => {
  const { token } = await world.person()
  expect(await refusal(call(token, { extraHeaders: { origin: 'https://evil.example' } }))).toMatchObject({
    status: 403,
    code: 'origin-not-allowed',
  })
  await call(token, { extraHeaders: { origin: 'https://app.walkingbuddy.example' } }).first('session:ready')
})

test('a place to go on from that cannot be read is named as the fault', async () => {
  const { token } = await world.person()
  expect(await refusal(call(token, { resumeFrom: { stream: 'x', seq: -1 } }))).toMatchObject({
    status: 400,
    code: 'invalid-request',
    errors: [{ path: 'auth.resumeFrom.seq' }],
  })
})

test('a stream that nobody knows means reading everything anew', async () => {
  const { token } = await world.person()
  const client = call(token, { resumeFrom: { stream: randomUUID(), seq: 12 } })
  const resync = await client.first('session:resync')
  expect(client.told.map(({ name }) => name).slice(0, 2)).toEqual(['session:ready', 'session:resync'])
  expect(await client.first('session:ready')).toMatchObject({ resumed: false, ...resync })
})

test('polling is not offered, and the port answers nothing else', async () => {
  for (const path of ['/', '/socket.io/?EIO=4&transport=polling', '/metrics', '/api/users/me']) {
    const response = await fetch(`http://127.0.0.1:${instance.port}${path}`, {
      headers: { 'x-request-id': 'r-1' },
    })
    expect([
      response.status,
      response.headers.get('content-type'),
      response.headers.get('x-request-id'),
    ]).toEqual([404, 'application/problem+json', 'r-1'])
    expect(await response.json()).toMatchObject({ status: 404, code: 'route-not-found', requestId: 'r-1' })
  }
})

test('an upgrade elsewhere is answered like any other unknown path', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(instance.port, '127.0.0.1', () =>
      socket.write(
        'GET /socket.iox HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      ),
    )
    let text = ''
    socket
      .on('data', chunk => (text += chunk))
      .on('end', () => resolve(text))
      .on('error', reject)
  })
  expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
  expect(answer).toContain('"code":"route-not-found"')
})

test('a person with too many sockets keeps the newest', async () => {
  const { token } = await world.person()
  const clients: Phone[] = []
  for (let i = 0; i < 5; i++) {
    const client = call(token, { reconnection: false })
    await client.first('session:ready')
    clients.push(client)
  }
  await expect
    .poll(() => clients.map(({ socket }) => socket.connected))
    .toEqual([false, false, true, true, true])
})

test('nothing personal is logged', async () => {
  const { token, userId } = await world.person()
  await call(token).first('session:ready')
  const log = instance.process.lines().join('\n')
  for (const secret of [token, userId]) expect(log).not.toContain(secret)
})
