import { SignJWT } from 'jose'
import type { Clock, Identifiers, TokenSubject, Tokens } from '../../../application/ports.ts'
import { sessionLifetimeSeconds } from '../../../domain/session.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The audience of safety tokens: whoever wants another one refuses them. */
export const safetyAudience = 'safety'

/** Clocks of those who read tokens may be behind by this much. */
const clockSkewSeconds = 10

/** EdDSA tokens that name their key. */
export function joseTokens(options: {
  keys: SigningKeys
  issuer: string
  audience: string
  accessLifetimeSeconds: number
  clock: Clock
  identifiers: Identifiers
}): Tokens {
  const { keys, issuer, accessLifetimeSeconds, clock, identifiers } = options

  const sign = (
    subject: TokenSubject,
    audience: string,
    lifetimeSeconds: number,
    claims: { role?: string[] },
  ): Promise<string> => {
    const nowMs = clock.now()
    const issuedAt = Math.floor(nowMs / 1_000)
    return new SignJWT({ sid: subject.sessionId, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: keys.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject.userId)
      .setJti(identifiers.uuid(nowMs))
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt - clockSkewSeconds)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(keys.privateKey)
  }

  return {
    accessLifetimeSeconds,
    access: subject => sign(subject, options.audience, accessLifetimeSeconds, { role: [...subject.roles] }),
    safety: subject => sign(subject, safetyAudience, sessionLifetimeSeconds, {}),
  }
}
