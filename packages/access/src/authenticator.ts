import { unauthenticated } from '@walking-buddy/errors'
import type { AccessTokens, Caller } from './access-tokens.ts'
import type { Revocations } from './revocations.ts'

/** From an Authorization header to a person whose session lives. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>

/** Token first, then the session: a revoked one is refused within a second of its end. */
export const authenticator =
  (tokens: AccessTokens, sessions: Pick<Revocations, 'assertActive'>): Authenticate =>
  async authorization => {
    const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined)
      throw unauthenticated('unauthorized', 'An access token is needed: Authorization: Bearer <token>.')
    const caller = await tokens.verify(token)
    await sessions.assertActive(caller)
    return caller
  }
