import type { SessionEnd } from '../domain/facts.ts'
import { ended, type Session, type SessionEndReason } from '../domain/session.ts'
import type { Unit } from './ports.ts'

/** Ends one session: its tokens are refused everywhere within a second. */
export async function endSession(
  unit: Unit,
  session: Session,
  reason: SessionEndReason,
  at: Date,
): Promise<void> {
  await unit.sessions.save(ended(session, reason, at))
  await tellEnded(unit, [session], reason, at)
}

/** Tells that sessions have ended, both for the record and for those who must act at once. */
export async function tellEnded(
  unit: Unit,
  sessions: readonly Session[],
  reason: SessionEndReason,
  at: Date,
): Promise<void> {
  const ends = sessionEnds(sessions, reason, at)
  await unit.announce(...ends.map(session => ({ kind: 'session-ended', session }) as const))
  await unit.revoke(...ends.map(session => ({ kind: 'session-ended', session }) as const))
}

export const sessionEnds = (sessions: readonly Session[], reason: SessionEndReason, at: Date): SessionEnd[] =>
  sessions.map(({ id, userId }) => ({ sessionId: id, userId, reason, at }))
