import { unauthenticated, unavailable } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'

/** A person who calls, by a token whose signature, times, issuer and audience are right. */
export interface Caller {
  userId: string
  sessionId: string
  roles: readonly string[]
  /** When the access token ends, in ms since the epoch. */
  expiresAtMs: number
}

/** Reads access tokens; whether their session still lives is `Revocations`' matter. */
export interface AccessTokens {
  /** @throws AppError unauthenticated `unauthorized`; unavailable when the keys cannot be had */
  verify(token: string): Promise<Caller>
}

const claims = z.object({
  sub: z.guid(),
  sid: z.guid(),
  role: z.array(z.string()),
  jti: z.string(),
  exp: z.number(),
})

/**
 * Checks EdDSA tokens against identity's published keys (cached; fetched again for an unknown `kid`, at most
 * every 10 s). Kong has checked signature and times only, so that everything is checked here again.
 */
export function accessTokens(options: {
  jwksUrl: string
  issuer: string
  audience: string
  clock: Clock
  keys?: JWTVerifyGetKey
}): AccessTokens {
  const keys =
    options.keys ??
    createRemoteJWKSet(new URL(options.jwksUrl), {
      cooldownDuration: 10_000,
      cacheMaxAge: 600_000,
      timeoutDuration: 2_000,
    })
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer: options.issuer,
          audience: options.audience,
          algorithms: ['EdDSA'],
          requiredClaims: ['sub', 'sid', 'role', 'jti', 'exp', 'nbf'],
          currentDate: new Date(options.clock.now()),
        })
        const { sub, sid, role, exp } = claims.parse(payload)
        return { userId: sub, sessionId: sid, roles: role, expiresAtMs: exp * 1000 }
      } catch (cause) {
        if (cause instanceof errors.JWKSTimeout || cause instanceof TypeError || isFetchFailure(cause))
          throw unavailable('unavailable', 'Sign-in cannot be checked right now.', {
            retryAfterSeconds: 1,
            cause,
          })
        throw unauthenticated('unauthorized', 'The access token is missing, expired or not valid.', { cause })
      }
    },
  }
}

/** jose throws its generic error where the key set could not be fetched. */
const isFetchFailure = (cause: unknown): boolean =>
  cause instanceof errors.JOSEError && cause.code === 'ERR_JOSE_GENERIC'
