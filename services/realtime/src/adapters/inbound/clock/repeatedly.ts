import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'

/** Does `work` every `everyMs`, one after the other, until stopped. */
export function repeatedly(
  everyMs: number,
  work: () => unknown,
  { clock, log }: { clock: Clock; log: Logger },
): Part<void> {
  return async name => {
    const stopping = new AbortController()
    const run = async (): Promise<void> => {
      for (let failing = false; ; ) {
        await clock.delay(everyMs, stopping.signal)
        if (stopping.signal.aborted) return
        try {
          await work()
          failing = false
        } catch (error) {
          if (!failing) log.warn({ err: error, work: name }, 'failed, and is tried again')
          failing = true
        }
      }
    }
    const running = run()
    return {
      value: undefined,
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}
