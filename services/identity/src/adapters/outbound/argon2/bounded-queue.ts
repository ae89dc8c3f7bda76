import { unavailable } from '@walking-buddy/errors'

/** Runs work as room comes free, in the order of arrival. */
export interface BoundedQueue {
  /** @throws AppError unavailable `busy` when too many wait */
  run<T>(work: () => Promise<T>): Promise<T>
  waiting(): number
}

export function boundedQueue(options: { concurrency: number; longestLine: number }): BoundedQueue {
  const line: (() => void)[] = []
  let running = 0

  return {
    waiting: () => line.length,
    async run(work) {
      if (running < options.concurrency) running += 1
      else {
        if (line.length >= options.longestLine)
          throw unavailable('busy', 'Too many sign in at this moment: try again.', { retryAfterSeconds: 2 })
        // Whoever leaves hands their place over, so that nobody slips in between.
        await new Promise<void>(resolve => line.push(resolve))
      }
      try {
        return await work()
      } finally {
        const next = line.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}
