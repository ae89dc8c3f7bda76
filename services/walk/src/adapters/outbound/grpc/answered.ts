import { isAppError, unavailable } from '@walking-buddy/errors'

const silences = new Set(['unavailable', 'timeout', 'other'])

/**
 * The answer of a service that a decision needs. That there is none, however it shows, is 503 for whoever waits.
 * @throws AppError unavailable
 */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!isAppError(error) || !silences.has(error.kind)) throw error
    throw unavailable('unavailable', 'This cannot be decided right now.', {
      retryAfterSeconds: 1,
      cause: error,
    })
  }
}
