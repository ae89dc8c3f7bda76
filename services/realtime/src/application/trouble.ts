import type { Logger } from '@walking-buddy/telemetry'

/** Logs that something fails when it begins to, not each of the thousand times that follow. */
export interface Trouble {
  failed(error: unknown): void
  worked(): void
}

export function trouble(log: Logger, message: string): Trouble {
  let failing = false
  return {
    failed(error) {
      if (!failing) log.warn({ err: error }, message)
      failing = true
    },
    worked() {
      failing = false
    },
  }
}
