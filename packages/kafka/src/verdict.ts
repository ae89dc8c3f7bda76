import { type ErrorKind, isAppError } from '@walking-buddy/errors'
import { MalformedEvent } from './event.ts'

/**
 * What a failed event means. `wait`: something that it needs is down, so the partition waits for as long as it
 * takes. `dead`: it can never be handled. `unsure`: a bug, or a fault that nobody has named: worth a few attempts.
 */
export type Verdict = 'wait' | 'dead' | 'unsure'

const byKind: Record<ErrorKind, Verdict> = {
  unavailable: 'wait',
  timeout: 'wait',
  exhausted: 'wait',
  conflict: 'unsure',
  other: 'unsure',
  invalid: 'dead',
  unauthenticated: 'dead',
  forbidden: 'dead',
  'not-found': 'dead',
  exists: 'dead',
  precondition: 'dead',
}

const networkFaults = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Adapters name their failures; a network error that slipped through is recognised all the same. */
export function verdictOf(error: unknown): Verdict {
  if (isAppError(error)) return byKind[error.kind]
  if (error instanceof MalformedEvent) return 'dead'
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && networkFaults.has(cause.code)) return 'wait'
  return 'unsure'
}
