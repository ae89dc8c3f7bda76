import { isAlive } from '../domain/session.ts'
import { endSession } from './end-session.ts'
import type { Clock, Seals, Transact } from './ports.ts'

/** Ends the session that a refresh token belongs to, whichever of its tokens it is. Repeats and strangers' tokens do nothing. */
export function logOut(needs: {
  transact: Transact
  seals: Pick<Seals, 'readRefreshToken'>
  clock: Clock
}): (refreshToken: string) => Promise<void> {
  return async refreshToken => {
    const presented = needs.seals.readRefreshToken(refreshToken)
    if (!presented) return
    await needs.transact(async unit => {
      const now = new Date(needs.clock.now())
      const session = await unit.sessions.lock(presented.sessionId)
      if (session && isAlive(session, now)) await endSession(unit, session, 'logout', now)
    })
  }
}
