import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { testAccess } from '@walking-buddy/access/testing'
import { operation } from '@walking-buddy/contracts/rest'
import { AppError, conflict } from '@walking-buddy/errors'
import { testProcess } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { etagOf, type Handlers, httpEdge, matches } from '../../src/index.ts'

const operations = {
  create: operation({
    id: 'create',
    method: 'post',
    path: '/api/things/{id}',
    service: 'test',
    summary: '',
    access: { kind: 'user' },
    idempotencyKey: true,
    params: z.strictObject({ id: z.guid() }),
    query: z.object({ limit: z.coerce.number().max(5).default(3) }),
    body: z.strictObject({ name: z.string().max(3), count: z.int() }),
    responses: { 201: z.object({ name: z.string(), limit: z.number(), key: z.string().nullable() }) },
  }),
  literal: operation({
    id: 'literal',
    method: 'get',
    path: '/api/things/all',
    service: 'test',
    summary: '',
    access: { kind: 'public' },
    responses: { 204: null },
  }),
  byId: operation({
    id: 'byId',
    method: 'get',
    path: '/api/things/{id}',
    service: 'test',
    summary: '',
    access: { kind: 'public' },
    params: z.strictObject({ id: z.string() }),
    responses: { 200: z.object({ id: z.string() }) },
  }),
  admin: operation({
    id: 'admin',
    method: 'get',
    path: '/api/admin',
    service: 'test',
    summary: '',
    access: { kind: 'user', roles: ['admin'] },
    responses: { 204: null },
  }),
  fails: operation({
    id: 'fails',
    method: 'put',
    path: '/api/fails',
    service: 'test',
    summary: '',
    access: { kind: 'public' },
    ifMatch: true,
    body: z.strictObject({}).optional(),
    responses: { 204: null },
  }),
}

const handlers: Handlers<typeof operations> = {
  create: async ({ body, query }, { idempotencyKey }) => ({
    status: 201,
    body: { name: body.name, limit: query.limit, key: idempotencyKey ?? null },
  }),
  literal: async _input => ({ status: 204 }),
  byId: async ({ params }) => ({ status: 200, body: { id: params.id }, headers: { etag: etagOf(4) } }),
  admin: async _input => ({ status: 204 }),
  fails: async (_input, { ifMatch }) => {
    matches(ifMatch, 4)
    if (ifMatch) throw new AppError('exhausted', 'rate-limited', { retryAfterSeconds: 9 })
    throw new Error('secret of the database')
  },
}

const access = await testAccess()
const server = testProcess('test')
let base = ''

beforeAll(async () => {
  const { port } = await server.scope.start(
    'http',
    httpEdge({
      config: { host: '127.0.0.1', port: 0, minimumVersions: { ios: '1.4.0' } },
      operations,
      handlers,
      authenticate: async header => access.tokens.verify(header?.replace('Bearer ', '') ?? ''),
      log: server.log,
      metrics: server.metrics,
      clock: server.clock,
    }),
  )
  base = `http://127.0.0.1:${port}`
})
afterAll(() => server.stop())

const post = async (
  body: string,
  headers: Record<string, string> = {},
  path = `/api/things/${randomUUID()}`,
) =>
  fetch(base + path, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${await access.sign(randomUUID())}`,
      'content-type': 'application/json',
      ...headers,
    },
  })

test('valid input reaches the handler typed, and the answer is private', async () => {
  const response = await post('{"name":"abc","count":1}', { 'idempotency-key': 'k-1' })
  expect(response.status).toBe(201)
  expect(await response.json()).toEqual({ name: 'abc', limit: 3, key: 'k-1' })
  expect(response.headers.get('cache-control')).toBe('private, no-store')
  expect(response.headers.get('x-request-id')).toBeTruthy()
  expect(response.headers.get('etag')).toBeNull()
})

test('every fault of the request is named at once, unknown fields too', async () => {
  const response = await post(
    '{"name":"abcd","extra":1,"__proto__":{}}',
    {},
    `/api/things/${randomUUID()}?limit=9`,
  )
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  const problem = (await response.json()) as { code: string; errors: { path: string }[]; requestId: string }
  expect(problem.code).toBe('invalid-request')
  expect(problem.errors.map(fault => fault.path)).toEqual(
    expect.arrayContaining(['query.limit', 'body.name', 'body.count', 'body.extra']),
  )
  expect(problem.requestId).toBe(response.headers.get('x-request-id'))
})

test.each([
  ['no JSON', '{"name":', {}, 400, 'invalid-request'],
  ['a body above 64 KiB', JSON.stringify({ name: 'x'.repeat(65 * 1024) }), {}, 413, 'body-too-large'],
  ['another media type', 'name=abc', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
  ['a compressed body that is none', 'xx', { 'content-encoding': 'gzip' }, 400, 'invalid-request'],
  ['an old client', '{}', { 'x-client': 'ios/1.3.9' }, 426, 'upgrade-required'],
  ['a forged token', '{}', { authorization: 'Bearer a.b.c' }, 401, 'unauthorized'],
  ['a key with a space', '{"name":"a","count":1}', { 'idempotency-key': 'a b' }, 400, 'invalid-request'],
])('%s is a problem that clients can branch on', async (_what, body, headers, status, code) => {
  const response = await post(body, headers as Record<string, string>)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ status, code })
})

test('a literal path wins over a parameter, and an unknown one is a 404 problem', async () => {
  expect((await fetch(`${base}/api/things/all`)).status).toBe(204)
  expect(await (await fetch(`${base}/api/things/other`)).json()).toEqual({ id: 'other' })
  expect(await (await fetch(`${base}/api/nothing`)).json()).toMatchObject({
    status: 404,
    code: 'route-not-found',
  })
  expect((await fetch(`${base}/API/things/all`)).status).toBe(404)
})

test('a role that the token does not have is refused', async () => {
  const as = async (roles: string[]) =>
    (
      await fetch(`${base}/api/admin`, {
        headers: { authorization: `Bearer ${await access.sign(randomUUID(), { roles })}` },
      })
    ).status
  expect(await as(['walker'])).toBe(403)
  expect(await as(['walker', 'admin'])).toBe(204)
})

test('an unknown failure is opaque to the client and told in the log', async () => {
  const response = await fetch(`${base}/api/fails`, { method: 'PUT' })
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret')
  expect(server.lines().join()).toContain('secret of the database')
})

test('If-Match decides by version, and Retry-After tells when to come back', async () => {
  const put = (tag: string) => fetch(`${base}/api/fails`, { method: 'PUT', headers: { 'if-match': tag } })
  expect((await put('"v3"')).status).toBe(412)
  const limited = await put('"v3", "v4"')
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('9')
})

test('a request id that could forge a log line is replaced', async () => {
  expect(
    (await fetch(`${base}/api/things/all`, { headers: { 'x-request-id': 'good-id_1' } })).headers.get(
      'x-request-id',
    ),
  ).toBe('good-id_1')
  expect(
    (await fetch(`${base}/api/things/all`, { headers: { 'x-request-id': 'a b' } })).headers.get(
      'x-request-id',
    ),
  ).not.toBe('a b')
})

test('a client that stops in the middle of its body harms nobody', async () => {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.write(
    'POST /api/things/all HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":',
  )
  await new Promise<void>(resolve => socket.end(() => resolve()))
  expect((await fetch(`${base}/api/things/all`)).status).toBe(204)
  expect(conflict('x').kind).toBe('conflict')
})
