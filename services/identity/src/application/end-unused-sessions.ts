import { oldestLiveUse } from '../domain/session.ts'
import { sessionEnds } from './end-session.ts'
import type { Clock, Transact } from './ports.ts'

const sessionsPerStep = 500

/**
 * Says of sessions that nobody used for 90 days that they have ended, so that others forget what they hold for them.
 * Their tokens ended long before. Returns whether there may be more.
 */
export function endUnusedSessions(needs: { transact: Transact; clock: Clock }): () => Promise<boolean> {
  return () =>
    needs.transact(async unit => {
      const now = new Date(needs.clock.now())
      const unused = await unit.sessions.endUnused(oldestLiveUse(now), now, sessionsPerStep)
      await unit.announce(
        ...sessionEnds(unused, 'revoked', now).map(session => ({ kind: 'session-ended', session }) as const),
      )
      return unused.length === sessionsPerStep
    })
}
