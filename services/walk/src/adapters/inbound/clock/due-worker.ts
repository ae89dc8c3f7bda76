import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'

/** Something that is done when its time has come. */
export interface DueWorker {
  /** Something is due then, maybe earlier than was known. */
  expect(at: Date): void
}

const afterFailureMs = 1_000
/** Something is due but was not to be had: somebody else is at it. */
const shortestSleepMs = 20

/**
 * Runs `work` whenever something is due; it says when that is next. Any number of instances may do so: each hears
 * of what it has put off itself, and looks at least every `longestSleepMs` for what others have, and died of.
 */
export function dueWorker(options: {
  work: () => Promise<Date | undefined>
  longestSleepMs: number
  clock: Clock
  log: Logger
}): Part<DueWorker> {
  const { work, longestSleepMs, clock, log } = options
  return async name => {
    const stopping = new AbortController()
    let expectedMs = Number.POSITIVE_INFINITY
    let wake = (): void => {}

    const workOnce = async (): Promise<void> => {
      expectedMs = Number.POSITIVE_INFINITY
      try {
        const next = await work()
        if (next) expectedMs = Math.min(expectedMs, next.getTime())
      } catch (error) {
        log.warn({ err: error, worker: name }, 'tries again')
        expectedMs = clock.now() + afterFailureMs
      }
    }
    /** Until what is expected, though that may change while it sleeps. */
    const sleep = async (): Promise<void> => {
      const endsMs = clock.now() + longestSleepMs
      let leftMs = shortestSleepMs
      while (leftMs > 0 && !stopping.signal.aborted) {
        const nap = new AbortController()
        wake = () => nap.abort()
        await clock.delay(
          Math.max(shortestSleepMs, Math.min(endsMs, expectedMs) - clock.now()),
          AbortSignal.any([stopping.signal, nap.signal]),
        )
        leftMs = Math.min(endsMs, expectedMs) - clock.now()
      }
    }
    const running = (async () => {
      while (!stopping.signal.aborted) {
        await workOnce()
        await sleep()
      }
    })()

    return {
      value: {
        expect(at) {
          if (at.getTime() >= expectedMs) return
          expectedMs = at.getTime()
          // Sleeping anew, until then.
          wake()
        },
      },
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}
