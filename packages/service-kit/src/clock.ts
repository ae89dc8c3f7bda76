/** Time as a dependency, so that a failing run can be replayed. */
export interface Clock {
  /** Wall time in milliseconds since the epoch; may step. */
  now(): number
  /** Milliseconds from an arbitrary start; never steps. For time-outs and ages. */
  monotonicMs(): number
  /** Resolves after `delayMs`, or at once when the signal aborts (never rejects). */
  delay(delayMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  delay: (delayMs, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, delayMs)
      signal?.addEventListener('abort', done, { once: true })
    }),
}
