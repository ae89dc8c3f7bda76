import { createHmac, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto'
import { accessTokens } from '@walking-buddy/access'
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type IdentityUnderTest,
  identityUnderTest,
  newSigningKey,
  type Person,
} from './identity-under-test.ts'

let identity: IdentityUnderTest
let person: Person
let claims: JWTPayload
beforeAll(async () => {
  identity = await identityUnderTest()
  person = await identity.register()
  claims = decodeJwt(person.accessToken)
})
afterAll(() => identity.stop())

const jwksUrl = () => `${identity.url}/.well-known/jwks.json`
const statusOf = async (token: string) => (await identity.call('GET', '/api/users/me', { token })).status
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('an access token', () => {
  test('says who, which session, which roles, for whom and how long, and names its key', () => {
    expect(decodeProtectedHeader(person.accessToken)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: 'first' })
    expect(claims).toEqual({
      sub: person.id,
      sid: person.refreshToken.split('.')[0],
      role: ['walker'],
      iss: 'walking-buddy',
      aud: 'walking-buddy-api',
      jti: expect.any(String),
      iat: expect.any(Number),
      nbf: expect.any(Number),
      exp: expect.any(Number),
    })
    expect(claims.exp! - claims.iat!).toBe(600)
    expect(claims.nbf!).toBeLessThanOrEqual(claims.iat!)
  })

  test('is read by every service through the published keys', async () => {
    const { issuer, audience } = identity.config.accessToken
    const reader = accessTokens({ jwksUrl: jwksUrl(), issuer, audience, clock: identity.clock })
    await expect(reader.verify(person.accessToken)).resolves.toMatchObject({
      userId: person.id,
      roles: ['walker'],
    })
    await expect(reader.verify(person.safetyToken)).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('is not replaced by anything that only resembles one', async () => {
    expect(await statusOf(person.accessToken)).toBe(200)
    const [header, payload, signature] = person.accessToken.split('.') as [string, string, string]
    const [jwk] = (await identity.call('GET', '/.well-known/jwks.json')).body.keys as [JsonWebKey]
    const publicPem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    const hmacWith = (key: string | Buffer) => {
      const text = `${encoded({ alg: 'HS256', typ: 'JWT', kid: 'first' })}.${payload}`
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    }
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const selfSigned = (protectedHeader: object, changes: JWTPayload = {}) =>
      new SignJWT({ ...claims, ...changes })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'first', ...protectedHeader })
        .sign(privateKey)

    for (const [what, token] of Object.entries({
      'safety token': person.safetyToken,
      'refresh token': person.refreshToken,
      'device token': person.deviceToken,
      'no algorithm': `${encoded({ alg: 'none', kid: 'first' })}.${payload}.`,
      'no algorithm, old signature': `${encoded({ alg: 'none', kid: 'first' })}.${payload}.${signature}`,
      'HMAC with the public key as PEM': hmacWith(publicPem as string),
      'HMAC with the public key as bytes': hmacWith(Buffer.from(jwk.x!, 'base64url')),
      'HMAC with the public key as JSON': hmacWith(JSON.stringify(jwk)),
      'another payload': `${header}.${encoded({ ...claims, role: ['admin'] })}.${signature}`,
      'another key under our name': await selfSigned({}),
      'a key that the token brings along': await selfSigned({ jwk: await exportJWK(publicKey) }),
      'a key from elsewhere': await selfSigned({ jku: 'http://127.0.0.1:1/jwks', kid: 'mine' }),
      'a service token': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(identity.config.serviceToken.secret.reveal())),
      'no signature': `${header}.${payload}.`,
      'two parts': `${header}.${payload}`,
      nothing: '',
    }))
      expect(await statusOf(token), what).toBe(401)
  })

  test('for another audience, issuer or time is refused, though we signed it', async () => {
    const { tokenWith, stop } = await ourSigner()
    try {
      expect(await tokenWith({})).toBe(200)
      for (const changes of [
        { aud: 'safety' },
        { aud: ['someone-else'] },
        { iss: 'someone-else' },
        { exp: Math.floor(Date.now() / 1000) - 1 },
        { nbf: Math.floor(Date.now() / 1000) + 60 },
        { sid: undefined },
        { sub: undefined },
        { role: 'admin' },
        { role: undefined },
        { jti: undefined },
      ])
        expect(await tokenWith(changes), JSON.stringify(changes)).toBe(401)
    } finally {
      await stop()
    }
  })

  test('of one person does not go with the session of another', async () => {
    const other = await identity.register()
    const { tokenWith, stop } = await ourSigner()
    try {
      expect(await tokenWith({ sub: other.id })).toBe(401)
      expect(await tokenWith({ sid: randomUUID() })).toBe(401)
    } finally {
      await stop()
    }
  })

  /** An instance whose signing key the test knows. */
  async function ourSigner() {
    const key = await newSigningKey('ours')
    const privateKey = await importJWK(key, 'EdDSA')
    const instance = await identity.startAnotherWithKeys(key)
    return {
      tokenWith: async (changes: Record<string, unknown>) => {
        const token = await new SignJWT({ ...claims, ...changes })
          .setProtectedHeader({ alg: 'EdDSA', kid: 'ours' })
          .sign(privateKey)
        return (await identity.call('GET', '/api/users/me', { token, url: instance.url })).status
      },
      stop: () => instance.process.stop(),
    }
  }
})

test('a safety token is for safety, for 90 days, and is renewed at each refresh', async () => {
  const keys = createRemoteJWKSet(new URL(jwksUrl()))
  const { payload } = await jwtVerify(person.safetyToken, keys, {
    audience: 'safety',
    issuer: 'walking-buddy',
  })
  expect(payload).toMatchObject({ sub: person.id, sid: claims.sid })
  expect(payload).not.toHaveProperty('role')
  expect(payload.exp! - payload.iat!).toBe(90 * 86_400)
  const another = await identity.register()
  identity.moveOn(60_000)
  const renewed = await identity.call('POST', '/api/auth/refresh', {
    body: { refreshToken: another.refreshToken },
  })
  expect(decodeJwt(renewed.body.safetyToken).exp!).toBeGreaterThan(decodeJwt(another.safetyToken).exp!)
})

describe('the published keys', () => {
  test('are all public halves, cacheable, and hold nothing private', async () => {
    const { status, headers, body } = await identity.call('GET', '/.well-known/jwks.json')
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('public, max-age=300')
    expect(body.keys.map(key => key.kid)).toEqual(['first', 'second'])
    for (const key of body.keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  })

  test('let the first be replaced while tokens of the former are still good', async () => {
    const rotated = await identity.startAnotherWithKeys(...identity.keys.toReversed())
    try {
      const read = (token: string, url: string) => identity.call('GET', '/api/users/me', { token, url })
      expect((await read(person.accessToken, rotated.url)).status).toBe(200)
      const { email, password } = person
      const login = await identity.call('POST', '/api/auth/login', {
        body: { email, password },
        url: rotated.url,
      })
      expect(decodeProtectedHeader(login.body.accessToken).kid).toBe('second')
      expect((await read(login.body.accessToken, identity.url)).status).toBe(200)
    } finally {
      await rotated.process.stop()
    }
  })
})

test('what clients are to know is public and cacheable', async () => {
  const { status, headers, body } = await identity.call('GET', '/api/client-config')
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('public, max-age=60')
  expect(body).toEqual({
    minimumVersions: { ios: '0.0.0', android: '0.0.0', web: '0.0.0' },
    limits: expect.objectContaining({ bodyBytes: 65_536, messageCharacters: 4_000 }),
    switches: {},
    serverTime: expect.stringMatching(/Z$/),
  })
})
