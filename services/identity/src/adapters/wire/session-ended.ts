import { type SessionEnded, SessionEndReason } from '@walking-buddy/contracts/grpc/identity'
import type { SessionEnd } from '../../domain/facts.ts'

const reasons = {
  logout: SessionEndReason.LOGOUT,
  'token-reused': SessionEndReason.TOKEN_REUSED,
  suspended: SessionEndReason.SUSPENDED,
  revoked: SessionEndReason.REVOKED,
}

export const sessionEndedOf = ({ sessionId, userId, reason, at }: SessionEnd): SessionEnded => ({
  sessionId,
  userId,
  occurredAt: at,
  reason: reasons[reason],
})
