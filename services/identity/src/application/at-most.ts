import { unavailable } from '@walking-buddy/errors'

/** Runs work, unless too much runs already: then nothing of it is begun. */
export type WhileThereIsRoom = <T>(work: () => Promise<T>) => Promise<T>

/** No more than `limit` at once; whoever comes in excess is told to come back (unavailable `busy`). */
export function atMost(limit: number): WhileThereIsRoom {
  let running = 0

  return async work => {
    if (running >= limit)
      throw unavailable('busy', 'Too many sign in at this moment: try again.', { retryAfterSeconds: 2 })
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
    }
  }
}
