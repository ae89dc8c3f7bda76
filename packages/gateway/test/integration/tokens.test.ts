import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { renderKongConfig } from '../../src/index.ts'
import {
  base64url,
  type Echo,
  gatewayUnderTest,
  issuer,
  kongYaml,
  sendRaw,
  upstream,
  userId,
} from '../gateway-under-test.ts'

const seconds = (): number => Math.floor(Date.now() / 1_000)

async function guarded() {
  const service = await upstream()
  const under = await gatewayUnderTest({ services: service.url })
  const refused = async (headers: Record<string, string>, path = '/api/users/me'): Promise<void> => {
    const answer = await fetch(under.url + path, { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(await answer.json()).toMatchObject({
      status: 401,
      code: 'unauthorized',
      requestId: answer.headers.get('x-request-id'),
    })
    expect(service.seen).toEqual([])
  }
  return { ...under, service, refused }
}

describe('access tokens at the edge', () => {
  test('a good token passes, with the person for the logs of services', async () => {
    const { call } = await guarded()
    const { headers } = (await (await call('GET', '/api/users/me')).json()) as Echo
    expect(headers).toMatchObject({
      'x-user-id': userId,
      'x-limit-key': `u:${userId}`,
      'x-consumer-username': 'walkers',
    })
  })

  test.each(['bearer', 'Bearer'])('the scheme may be written %s', async scheme => {
    const { url, issuer } = await guarded()
    expect(
      (await fetch(`${url}/api/users/me`, { headers: { authorization: `${scheme} ${issuer.token()}` } }))
        .status,
    ).toBe(200)
  })

  test('none, an empty one and another scheme are refused', async () => {
    const { refused } = await guarded()
    await refused({})
    await refused({ authorization: 'Bearer' })
    await refused({ authorization: 'Basic dXNlcjpwYXNz' })
  })

  test('a word before Bearer, which Kong alone would let pass, is refused', async () => {
    const { refused, issuer } = await guarded()
    await refused({ authorization: `Foo Bearer ${issuer.token()}` })
  })

  test('a token in the address or in a cookie is none', async () => {
    const { refused, issuer } = await guarded()
    await refused({}, `/api/users/me?jwt=${issuer.token()}`)
    await refused({ cookie: `jwt=${issuer.token()}; authorization=Bearer ${issuer.token()}` })
  })

  test("another's signature, a cut one and a changed claim are refused", async () => {
    const { refused, issuer: own } = await guarded()
    await refused({ authorization: `Bearer ${issuer().token()}` })
    await refused({ authorization: `Bearer ${own.token().slice(0, -4)}` })
    const [header, , signature] = own.token().split('.')
    await refused({
      authorization: `Bearer ${header}.${base64url({ sub: userId, exp: seconds() + 600, nbf: 0 })}.${signature}`,
    })
  })

  test('alg none and HS256 with the public key as secret are refused', async () => {
    const { refused, issuer } = await guarded()
    const claims = base64url({ sub: userId, exp: seconds() + 600, nbf: 0 })
    await refused({ authorization: `Bearer ${base64url({ alg: 'none', kid: issuer.kid })}.${claims}.` })
    await refused({ authorization: `Bearer ${base64url({ alg: 'none', kid: issuer.kid })}.${claims}.AAAA` })
    const signed = `${base64url({ alg: 'HS256', kid: issuer.kid })}.${claims}`
    const pem = /-----BEGIN[\s\S]+?-----END PUBLIC KEY-----\n/
      .exec(renderKongConfig(kongYaml, { jwks: { keys: [issuer.jwk] } }))![0]
      .replaceAll(/^ +/gm, '')
    await refused({
      authorization: `Bearer ${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`,
    })
  })

  test('a key that is not known is refused, and a kid in the claims wins over that of the header', async () => {
    const { refused, issuer } = await guarded()
    await refused({ authorization: `Bearer ${issuer.token({}, { kid: 'unknown' })}` })
    await refused({ authorization: `Bearer ${issuer.token({}, { kid: undefined })}` })
    await refused({ authorization: `Bearer ${issuer.token({ kid: 'unknown' })}` })
    await refused({ authorization: `Bearer ${issuer.token({ kid: { $ne: '' } })}` })
  })

  test('expired, not yet valid, and without times are refused', async () => {
    const { refused, issuer } = await guarded()
    await refused({ authorization: `Bearer ${issuer.token({ exp: seconds() - 1 })}` })
    await refused({ authorization: `Bearer ${issuer.token({ nbf: seconds() + 60 })}` })
    await refused({ authorization: `Bearer ${issuer.token({ exp: undefined })}` })
    await refused({ authorization: `Bearer ${issuer.token({ nbf: undefined })}` })
    await refused({ authorization: `Bearer ${issuer.token({ exp: '9999999999' })}` })
  })

  test('a token that was good is refused from the second on at which it ends', async () => {
    let now = Date.now()
    const { call, issuer } = await gatewayUnderTest({ clock: { now: () => now } })
    const token = issuer.token({ exp: Math.floor(now / 1_000) + 60 })
    expect((await call('GET', '/api/users/me', { token })).status).toBe(200)
    now += 61_000
    expect((await call('GET', '/api/users/me', { token })).status).toBe(401)
  })

  test('two Authorization headers are no valid request', async () => {
    const { gateway, issuer, service } = await guarded()
    const answer = await sendRaw(
      gateway.port,
      `GET /api/users/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${issuer.token()}\r\nAuthorization: Bearer ${issuer.token()}\r\n\r\n`,
    )
    expect(answer.status).toBe(400)
    expect(service.seen).toEqual([])
  })

  test("clients' own X-User-Id and the like reach no service, with a token and without", async () => {
    const { call, url } = await guarded()
    const spoofed = {
      'X-User-Id': 'victim',
      'x-limit-key': 'u:victim',
      'X-Consumer-ID': 'victim',
      'X-Consumer-Custom-ID': 'victim',
      'X-Consumer-Username': 'victim',
      'X-Credential-Identifier': 'victim',
      'X-Anonymous-Consumer': 'true',
      'X-Forwarded-Prefix': '/victim',
      'X-Forwarded-Path': '/victim',
    }
    for (const answer of [
      await call('GET', '/api/users/me', { headers: spoofed }),
      await fetch(`${url}/api/client-config`, { headers: spoofed }),
    ]) {
      expect(answer.status).toBe(200)
      expect(JSON.stringify(((await answer.json()) as Echo).headers)).not.toMatch(/victim|true/)
    }
  })

  test('keys of several kinds work side by side while they rotate', async () => {
    const [older, newer] = [issuer('older'), issuer('newer', 'ES256')]
    const { call } = await gatewayUnderTest({
      config: renderKongConfig(kongYaml, { jwks: { keys: [older.jwk, newer.jwk] } }),
    })
    for (const one of [older, newer])
      expect((await call('GET', '/api/users/me', { token: one.token() })).status).toBe(200)
    expect((await call('GET', '/api/users/me', { token: issuer('newer', 'ES256').token() })).status).toBe(401)
    expect((await call('GET', '/api/users/me', { token: older.token({}, { kid: 'newer' }) })).status).toBe(
      401,
    )
  })

  test('a route with an optional token counts per person with one, per address without, and refuses a bad one', async () => {
    const limit = `
          - name: rate-limiting
            config: { minute: 5, limit_by: header, header_name: X-Limit-Key, policy: local }`
    const twins = `
  - name: places
    url: http://places:3000
    routes:
      - name: places
        methods: [GET]
        paths: ['~/api/places/nearby$']
        strip_path: false
        plugins:${limit}
      - name: places-with-token
        methods: [GET]
        paths: ['~/api/places/nearby$']
        headers: { authorization: ['~*^bearer '] }
        strip_path: false
        tags: [auth]
        plugins:
          - name: jwt
            config: { key_claim_name: kid, uri_param_names: [], claims_to_verify: [exp, nbf] }${limit}
`
    const { url: places } = await upstream()
    const {
      call,
      issuer: own,
      url,
    } = await gatewayUnderTest({ edit: yaml => yaml + twins, upstreams: { places } })
    const keyOf = async (answer: Response) => ((await answer.json()) as Echo).headers['x-limit-key']
    expect(await keyOf(await fetch(`${url}/api/places/nearby`))).toBe('a:127.0.0.1')
    expect(await keyOf(await call('GET', '/api/places/nearby'))).toBe(`u:${userId}`)
    expect((await call('GET', '/api/places/nearby', { token: issuer(own.kid).token() })).status).toBe(401)
  })
})
