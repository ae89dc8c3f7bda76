import type { Clock } from '@walking-buddy/service-kit'

/** Refuses calls to something that keeps failing, and probes it with one call at a time. */
export interface CircuitBreaker {
  /** Whether a call may be sent now. */
  admits(): boolean
  succeeded(): void
  failed(): void
}

/** Opens after `failures` in a row; after `coolDownMs` one call probes, and closes it by succeeding. */
export function circuitBreaker(options: {
  clock: Clock
  failures: number
  coolDownMs: number
}): CircuitBreaker {
  let inARow = 0
  let probeAt = 0
  return {
    admits() {
      if (inARow < options.failures) return true
      const now = options.clock.monotonicMs()
      if (now < probeAt) return false
      probeAt = now + options.coolDownMs
      return true
    },
    succeeded() {
      inARow = 0
    },
    failed() {
      inARow += 1
      if (inARow >= options.failures) probeAt = options.clock.monotonicMs() + options.coolDownMs
    },
  }
}
