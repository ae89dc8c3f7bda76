import { randomUUID } from 'node:crypto'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  expectStatus,
  freshPlace,
  offset,
  type Person,
  register,
  request,
  walkerAt,
} from './support/client.ts'
import { type MeshUnderTest, startMeshUnderTest } from './support/mesh-under-test.ts'

let mesh: MeshUnderTest
let ada: Person
let bo: Person
let walkId: string
beforeAll(async () => {
  mesh = await startMeshUnderTest()
  const at = freshPlace()
  ;[ada, bo] = await Promise.all([walkerAt(mesh.url, at), walkerAt(mesh.url, offset(at, 20, 20))])
  await until(
    async () => (await ada.call<{ items: unknown[] }>('GET', '/api/users/nearby')).body.items.length > 0,
  )
  walkId = (
    await expectStatus(
      ada.call<{ id: string }>(
        'POST',
        '/api/walks/request',
        { partnerId: bo.id },
        { 'idempotency-key': randomUUID() },
      ),
      201,
    )
  ).id
})
afterAll(() => mesh?.stop())

const isProblem = (answer: Answer) => {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status: answer.status,
    code: expect.any(String),
    detail: expect.any(String),
    requestId: expect.any(String),
  })
  expect(answer.headers.get('x-request-id')).toBe(answer.body['requestId'])
}

describe('every refusal is problem+json with a code to branch on', () => {
  const stranger = () => register(mesh.url)
  test.each<[string, number, string | undefined, () => Promise<Answer>]>([
    [
      'an illegal transition',
      409,
      'illegal-transition',
      () => ada.call('POST', `/api/walks/${walkId}/end`, {}),
    ],
    [
      "someone else's walk",
      404,
      'walk-not-found',
      async () => (await stranger()).call('GET', `/api/walks/${walkId}`),
    ],
    ['an unknown walk', 404, 'walk-not-found', () => ada.call('GET', `/api/walks/${randomUUID()}`)],
    ['a bad body', 400, 'invalid-request', () => ada.call('PUT', '/api/users/location', { lat: 91, lng: 0 })],
    [
      'an unknown field',
      400,
      'invalid-request',
      () => ada.call('PUT', '/api/users/location', { lat: 1, lng: 1, altitude: 3 }),
    ],
    [
      'broken JSON',
      400,
      'invalid-request',
      () => request(mesh.url, 'PUT', '/api/users/location', { token: ada.token, raw: '{"lat":' }),
    ],
    ['no token', 401, undefined, () => request(mesh.url, 'GET', '/api/users/me')],
    [
      'a token that is none',
      401,
      undefined,
      () => request(mesh.url, 'GET', '/api/users/me', { token: 'a.b.c' }),
    ],
    [
      'a token behind another word',
      401,
      undefined,
      () =>
        request(mesh.url, 'GET', '/api/users/me', { headers: { authorization: `Foo Bearer ${ada.token}` } }),
    ],
    [
      'a body of 65 KiB',
      413,
      undefined,
      () => ada.call('POST', '/api/walks/request', { partnerId: bo.id, message: 'x'.repeat(65 * 1024) }),
    ],
    ['an unknown route', 404, undefined, () => ada.call('GET', '/api/nothing/here')],
    [
      'a stranger who is not near',
      404,
      'not-available',
      async () => ada.call('POST', '/api/walks/request', { partnerId: (await stranger()).id }),
    ],
    [
      'nobody at all',
      404,
      'not-available',
      () => ada.call('POST', '/api/walks/request', { partnerId: randomUUID() }),
    ],
    [
      'a position without consent',
      409,
      'location-disabled',
      async () => (await stranger()).call('PUT', '/api/users/location', { lat: 1, lng: 1 }),
    ],
    [
      'a jump',
      409,
      'implausible-position',
      () => ada.call('PUT', '/api/users/location', { lat: -10, lng: 100 }),
    ],
    [
      'someone under 18',
      403,
      'too-young',
      () =>
        request(mesh.url, 'POST', '/api/auth/register', {
          body: {
            email: 'kid@example.org',
            password: 'long enough',
            username: 'kid.kid',
            birthDate: '2015-01-01',
          },
        }),
    ],
    [
      'a wrong password',
      401,
      'invalid-credentials',
      () =>
        request(mesh.url, 'POST', '/api/auth/login', {
          body: { email: ada.email, password: 'not this one' },
        }),
    ],
    [
      'an unknown address',
      401,
      'invalid-credentials',
      () =>
        request(mesh.url, 'POST', '/api/auth/login', {
          body: { email: 'nobody@example.org', password: 'not this one' },
        }),
    ],
    [
      'a profile of nobody near',
      404,
      'not-available',
      async () => ada.call('GET', `/api/users/${(await stranger()).id}`),
    ],
  ])('%s: %i %s', async (_what, status, code, call) => {
    const answer = await call()
    expect(answer.status, answer.text).toBe(status)
    isProblem(answer)
    if (code !== undefined) expect(answer.body['code']).toBe(code)
  })

  test('whoever cannot be asked gets one and the same answer', async () => {
    const blocker = await register(mesh.url)
    await expectStatus(blocker.call('PUT', `/api/users/${ada.id}/block`), 204)
    const answers = await Promise.all(
      [randomUUID(), (await stranger()).id, blocker.id].map(partnerId =>
        ada.call('POST', '/api/walks/request', { partnerId }, { 'idempotency-key': randomUUID() }),
      ),
    )
    const shape = (answer: Answer) => ({
      ...answer.body,
      requestId: '',
      status: answer.status,
      headers: [...answer.headers.keys()].sort(),
    })
    expect(answers.map(shape)).toEqual([shape(answers[0]!), shape(answers[0]!), shape(answers[0]!)])
  })
})
