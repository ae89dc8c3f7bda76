import { oldestLiveUse } from '../domain/session.ts'
import type { Clock, Sessions } from './ports.ts'

/** Whether a session is alive and its user active. */
export function checkSession(needs: {
  sessions: Pick<Sessions, 'isActive'>
  clock: Clock
}): (sessionId: string, userId: string) => Promise<boolean> {
  return (sessionId, userId) =>
    needs.sessions.isActive(sessionId, userId, oldestLiveUse(new Date(needs.clock.now())))
}
