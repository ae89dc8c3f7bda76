import type { Clock } from '@walking-buddy/service-kit'

/** What gathers within it goes together. */
const gatherMs = 5

/**
 * Runs `work` a moment after it was asked for, once for all who ask meanwhile, and never twice at the same time.
 * Failures end that run only: `work` is asked for again by whoever notices.
 */
export function soon(clock: Clock, work: () => Promise<void>): () => void {
  let wanted = false
  let running = false

  const run = async (): Promise<void> => {
    running = true
    while (wanted) {
      await clock.delay(gatherMs)
      wanted = false
      await work().catch(() => {})
    }
    running = false
  }

  return () => {
    wanted = true
    if (!running) void run()
  }
}
