import { describe, expect, test } from 'vitest'
import { gatewayUnderTest, upstream } from '../gateway-under-test.ts'

const preflight = (url: string, origin: string, method = 'PUT') =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,idempotency-key',
    },
  })

describe('browsers', () => {
  test.each([
    'https://app.walkingbuddy.example',
    'http://localhost:5173',
    'http://127.0.0.1:8080',
    'https://localhost',
  ])('a preflight of %s is answered without a token, and reaches no service', async origin => {
    const service = await upstream()
    const { url } = await gatewayUnderTest({ services: service.url })
    const answer = await preflight(`${url}/api/users/me`, origin)
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
    expect(answer.headers.get('access-control-allow-methods')?.split(',')).toContain('PUT')
    expect(answer.headers.get('access-control-allow-headers')?.split(',')).toEqual(
      expect.arrayContaining(['Authorization', 'Idempotency-Key', 'X-CSRF']),
    )
    expect(service.seen).toEqual([])
  })

  test.each([
    'https://evil.example',
    'https://app.walkingbuddy.example.evil.example',
    'https://evil.example/https://app.walkingbuddy.example',
    'http://app.walkingbuddy.example',
    'https://app.walkingbuddy.example:8443',
    'http://localhost.evil.example',
    'http://localhost:80.evil.example',
    'null',
  ])('%s may not read answers', async origin => {
    const { call, url } = await gatewayUnderTest()
    expect(
      (await preflight(`${url}/api/users/me`, origin)).headers.get('access-control-allow-origin'),
    ).toBeNull()
    expect(
      (await call('GET', '/api/users/me', { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBeNull()
  })

  test('an allowed page may read answers and refusals, with the headers that matter', async () => {
    const { call, url } = await gatewayUnderTest()
    const origin = 'https://app.walkingbuddy.example'
    for (const answer of [
      await call('GET', '/api/users/me', { headers: { origin } }),
      await fetch(`${url}/api/users/me`, { headers: { origin } }),
      await fetch(`${url}/nowhere`, { headers: { origin } }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-expose-headers')?.split(',')).toEqual(
        expect.arrayContaining(['Retry-After', 'X-Request-Id', 'X-Event-Seq']),
      )
    }
  })

  test('OPTIONS that is no preflight is no operation', async () => {
    const { url } = await gatewayUnderTest()
    expect((await fetch(`${url}/api/users/me`, { method: 'OPTIONS' })).status).toBe(404)
  })
})
