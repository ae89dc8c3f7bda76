import { isAppError, unavailable } from '@walking-buddy/errors'

/**
 * The answer of a service that a decision needs. That there is none, however it shows, is 503 for whoever waits.
 * @throws AppError unavailable
 */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (isAppError(error) && !['unavailable', 'timeout', 'other'].includes(error.kind)) throw error
    throw unavailable('unavailable', 'This cannot be decided right now.', {
      retryAfterSeconds: 1,
      cause: error,
    })
  }
}
