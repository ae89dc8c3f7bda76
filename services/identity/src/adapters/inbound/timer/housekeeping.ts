import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'

/** Does each chore now and then. What fails is done the next time. */
export function housekeeping(options: {
  chores: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>>
  everyMs: number
  clock: Clock
  log: Logger
}): Part<void> {
  return async () => {
    const stopping = new AbortController()
    const running = (async () => {
      while (!stopping.signal.aborted) {
        for (const [chore, work] of Object.entries(options.chores))
          await work(stopping.signal).catch(error =>
            options.log.warn({ err: error, chore }, 'chore left for later'),
          )
        await options.clock.delay(options.everyMs, stopping.signal)
      }
    })()
    return {
      value: undefined,
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}
