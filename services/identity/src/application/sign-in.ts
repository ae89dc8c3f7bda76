import { forbidden } from '@walking-buddy/errors'
import type { Account } from '../domain/account.ts'
import { newSession, type Session, sessionLifetimeSeconds } from '../domain/session.ts'
import type { Seals, Tokens, Unit } from './ports.ts'

export interface IssuedTokens {
  accessToken: string
  refreshToken: string
  safetyToken: string
  /** Of the access token. */
  expiresInSeconds: number
  /** Of the refresh token, unless it is used. */
  refreshExpiresInSeconds: number
}

/** What someone gets who has signed in. */
export interface SignedIn extends IssuedTokens {
  account: Account
  deviceToken: string
}

/** The tokens of a session as it stands: asking twice gives the same refresh token. */
export const issueTokens =
  ({ tokens, seals }: { tokens: Tokens; seals: Pick<Seals, 'refreshToken'> }) =>
  async (session: Session, roles: readonly string[]): Promise<IssuedTokens> => {
    const subject = { userId: session.userId, sessionId: session.id }
    const [accessToken, safetyToken] = await Promise.all([
      tokens.access({ ...subject, roles }),
      tokens.safety(subject),
    ])
    return {
      accessToken,
      safetyToken,
      refreshToken: seals.refreshToken(session.id, session.newestSerial),
      expiresInSeconds: tokens.accessLifetimeSeconds,
      refreshExpiresInSeconds: sessionLifetimeSeconds,
    }
  }

export type IssueTokens = ReturnType<typeof issueTokens>

/** @throws AppError forbidden `suspended`; to be told only to who knows the password */
export async function openSession(
  unit: Unit,
  userId: string,
  sessionId: string,
  now: Date,
): Promise<{ account: Account; session: Session } | undefined> {
  const account = await unit.accounts.hold(userId)
  if (!account) return undefined
  if (account.suspendedAt) throw forbidden('suspended', 'This account is suspended.')
  const session = newSession(sessionId, userId, now)
  await unit.sessions.add(session)
  return { account, session }
}
