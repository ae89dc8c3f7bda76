import { isAppError, unavailable } from '@walking-buddy/errors'

/** Whoever asks this service waits a second: an owner that does not answer has to show before. */
export const inTime = { deadlineMs: 700 }

/**
 * The answer of an owner that a decision needs. That there is none, however it shows, is 503 for whoever waits.
 * @throws AppError unavailable
 */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (isAppError(cause) && !['unavailable', 'timeout', 'other'].includes(cause.kind)) throw cause
    throw unavailable('unavailable', 'This cannot be decided right now.', { retryAfterSeconds: 1, cause })
  }
}
