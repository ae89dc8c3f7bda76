import { unauthenticated } from '@walking-buddy/errors'
import { exchange, isAlive, type Session } from '../domain/session.ts'
import { endSession } from './end-session.ts'
import type { Clock, Seals, SecurityLog, Transact } from './ports.ts'
import type { IssuedTokens, IssueTokens } from './sign-in.ts'

type Outcome =
  | { kind: 'renewed'; session: Session; roles: readonly string[] }
  | { kind: 'reused'; session: Session }
  | { kind: 'refused' }

/**
 * Exchanges a refresh token. One that was used or replaced before ends the session, for then two hold it.
 *
 * @throws AppError unauthenticated `invalid-refresh-token`
 */
export function refreshSession(needs: {
  transact: Transact
  issueTokens: IssueTokens
  seals: Pick<Seals, 'readRefreshToken'>
  clock: Clock
  securityLog: SecurityLog
}): (refreshToken: string) => Promise<IssuedTokens> {
  const { transact, seals, clock } = needs

  return async refreshToken => {
    const presented = seals.readRefreshToken(refreshToken)
    if (!presented) throw refused()

    const outcome = await transact<Outcome>(async unit => {
      const now = new Date(clock.now())
      const session = await unit.sessions.lock(presented.sessionId)
      if (!session || !isAlive(session, now)) return { kind: 'refused' }
      const next = exchange(session, presented.serial, now)
      if (!next) {
        await endSession(unit, session, 'token-reused', now)
        return { kind: 'reused', session }
      }
      const account = await unit.accounts.find(session.userId)
      if (!account || account.suspendedAt) return { kind: 'refused' }
      await unit.sessions.save(next)
      return { kind: 'renewed', session: next, roles: account.roles }
    })

    if (outcome.kind === 'reused')
      needs.securityLog.tokenReused({ userId: outcome.session.userId, sessionId: outcome.session.id })
    if (outcome.kind !== 'renewed') throw refused()
    return needs.issueTokens(outcome.session, outcome.roles)
  }
}

const refused = () =>
  unauthenticated('invalid-refresh-token', 'This refresh token is no longer good: sign in.')
