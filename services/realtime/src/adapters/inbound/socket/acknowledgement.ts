import { isAppError, type Problem, problemOf } from '@walking-buddy/errors'

/** What an acknowledgement says of a refusal; what HTTP tells in Retry-After stands in the problem itself. */
export type Refusal = Problem & { retryAfterSeconds?: number }

export type Acknowledgement = { ok: true; data: unknown } | { ok: false; problem: Refusal }

export function refusalOf(error: unknown, requestId: string): Refusal {
  const retryAfterSeconds = isAppError(error) ? error.retryAfterSeconds : undefined
  return { ...problemOf(error, requestId), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }
}
