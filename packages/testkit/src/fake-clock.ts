import type { Clock } from '@walking-buddy/service-kit'

/** A clock that moves when told, and lets waiting code go on as it passes. */
export interface FakeClock extends Clock {
  /** Moves on by `byMs`, waking what was due in order. */
  advance(byMs: number): Promise<void>
}

/** Starts at `startMs` (default 2026-01-01T00:00:00Z). */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0
  const waiting = new Set<{ dueMs: number; wake: () => void }>()
  return {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    delay: (delayMs, signal) =>
      new Promise(resolve => {
        if (signal?.aborted) return resolve()
        const entry = {
          dueMs: elapsedMs + delayMs,
          wake: () => {
            waiting.delete(entry)
            resolve()
          },
        }
        waiting.add(entry)
        signal?.addEventListener('abort', entry.wake, { once: true })
      }),
    async advance(byMs) {
      const endMs = elapsedMs + byMs
      for (;;) {
        const next = [...waiting].filter(entry => entry.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0]
        if (!next) break
        elapsedMs = Math.max(elapsedMs, next.dueMs)
        next.wake()
        await new Promise(resolve => setImmediate(resolve))
      }
      elapsedMs = endMs
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}
