import { unauthenticated } from '@walking-buddy/errors'
import type { Clock, Secret } from '@walking-buddy/service-kit'
import { jwtVerify, SignJWT } from 'jose'

/** Proof of which service calls, beside mTLS in Kubernetes and instead of it elsewhere. */
export interface ServiceTokens {
  /** A token of this service for `audience`, reused until shortly before it ends. */
  sign(audience: string): Promise<string>
  /** The calling service. @throws AppError unauthenticated */
  verify(token: string): Promise<string>
}

const lifetimeSeconds = 120
const algorithm = 'HS256'

/** Tokens signed with a secret that the services of one installation share. */
export function serviceTokens(options: { service: string; secret: Secret; clock: Clock }): ServiceTokens {
  const key = new TextEncoder().encode(options.secret.reveal())
  const signed = new Map<string, { token: Promise<string>; renewAt: number }>()
  const verified = new Map<string, { caller: string; expiresAt: number }>()
  const nowSeconds = () => Math.floor(options.clock.now() / 1000)

  return {
    sign(audience) {
      const held = signed.get(audience)
      if (held && held.renewAt > nowSeconds()) return held.token
      const issuedAt = nowSeconds()
      const token = new SignJWT()
        .setProtectedHeader({ alg: algorithm })
        .setIssuer(options.service)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(key)
      signed.set(audience, { token, renewAt: issuedAt + lifetimeSeconds / 2 })
      return token
    },
    async verify(token) {
      const known = verified.get(token)
      if (known && known.expiresAt > nowSeconds()) return known.caller
      try {
        const { payload } = await jwtVerify(token, key, {
          audience: options.service,
          algorithms: [algorithm],
          requiredClaims: ['iss', 'exp'],
          currentDate: new Date(options.clock.now()),
          clockTolerance: 30,
        })
        for (const [old, { expiresAt }] of verified) if (expiresAt <= nowSeconds()) verified.delete(old)
        verified.set(token, { caller: payload.iss!, expiresAt: payload.exp! })
        return payload.iss!
      } catch (cause) {
        throw unauthenticated('service-token', 'The service token is missing or not valid.', { cause })
      }
    },
  }
}
