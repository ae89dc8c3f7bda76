import { type Clock, systemClock } from '@walking-buddy/service-kit'

/** Real time that can be put forward: whoever waits for a moment that it skips goes on at once. */
export interface ShiftingClock extends Clock {
  forward(ms: number): void
}

export function shiftingClock(): ShiftingClock {
  let shiftMs = 0
  const sleepers = new Set<{ untilMs: number; look: () => void }>()
  const now = (): number => systemClock.now() + shiftMs
  return {
    now,
    monotonicMs: systemClock.monotonicMs,
    delay: (delayMs, signal) =>
      new Promise(resolve => {
        let timer: NodeJS.Timeout | undefined
        const done = (): void => {
          clearTimeout(timer)
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', done)
          resolve()
        }
        const sleeper = {
          untilMs: now() + delayMs,
          look: () => {
            clearTimeout(timer)
            const leftMs = sleeper.untilMs - now()
            if (leftMs <= 0) done()
            else timer = setTimeout(done, leftMs)
          },
        }
        if (signal?.aborted) return resolve()
        signal?.addEventListener('abort', done, { once: true })
        sleepers.add(sleeper)
        sleeper.look()
      }),
    forward(ms) {
      shiftMs += ms
      for (const sleeper of [...sleepers]) sleeper.look()
    },
  }
}
