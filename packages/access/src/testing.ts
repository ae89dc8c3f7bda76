import { randomUUID } from 'node:crypto'
import { systemClock } from '@walking-buddy/service-kit'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { type AccessTokens, accessTokens } from './access-tokens.ts'

/** Access tokens as identity signs them, for tests of services that only read them. */
export interface TestAccess {
  tokens: AccessTokens
  /** What identity publishes: for services that run as processes of their own. */
  jwks: JSONWebKeySet
  issuer: string
  audience: string
  /** A bearer token; every field of the claims may be replaced. */
  sign(
    userId: string,
    claims?: {
      sessionId?: string
      roles?: string[]
      expiresInSeconds?: number
      issuer?: string
      audience?: string
    },
  ): Promise<string>
}

/** A fresh key pair and a verifier that knows it. */
export async function testAccess(): Promise<TestAccess> {
  const issuer = 'walking-buddy'
  const audience = 'walking-buddy-api'
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const kid = randomUUID()
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] }
  const keys = createLocalJWKSet(jwks)
  return {
    jwks,
    issuer,
    audience,
    tokens: accessTokens({ jwksUrl: 'http://127.0.0.1:1/jwks', issuer, audience, clock: systemClock, keys }),
    sign: (userId, claims = {}) => {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT({ sid: claims.sessionId ?? randomUUID(), role: claims.roles ?? ['walker'] })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(claims.issuer ?? issuer)
        .setAudience(claims.audience ?? audience)
        .setJti(randomUUID())
        .setNotBefore(now - 5)
        .setIssuedAt(now)
        .setExpirationTime(now + (claims.expiresInSeconds ?? 600))
        .sign(privateKey)
    },
  }
}
