import { unavailable } from '@walking-buddy/errors'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Walkers } from '../domain/walkers.ts'
import type { Published } from './ports.ts'

const maxBackoffMs = 5_000

/** Whether everything is known that was there when this instance started. */
export interface Loading {
  done: Promise<void>
  /** @throws AppError unavailable `starting`: a list of those who happen to be known would hide the others */
  assertDone(): void
}

/**
 * Reads everyone who is visible, beside the topics that are read from their beginning: whichever tells the higher
 * version of a person is right. It is done when both are.
 */
export function publishedLoading(deps: {
  walkers: Walkers
  published: Published
  /** The topics have been read up to where they ended at the start. */
  caughtUp: Promise<void>
  clock: Clock
  log: Logger
  random?: () => number
}): Part<Loading> {
  const { walkers, published, caughtUp, clock, log, random = Math.random } = deps
  return async () => {
    const stopping = new AbortController()
    const startedMs = clock.monotonicMs()
    let isDone = false

    const readAll = async (): Promise<void> => {
      for (let failures = 1; !stopping.signal.aborted; failures++) {
        try {
          for await (const presences of published.all(stopping.signal))
            for (const presence of presences) walkers.learnPresence(presence)
          return
        } catch (error) {
          log.warn({ err: error }, 'who is published could not be read')
          await clock.delay(random() * Math.min(maxBackoffMs, 100 * 2 ** failures), stopping.signal)
        }
      }
    }
    const reading = readAll()
    const done = Promise.all([reading, caughtUp]).then(() => {
      isDone = true
      const { people, listed } = walkers.size
      log.info({ people, listed, tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'nearby index loaded')
    })
    return {
      value: {
        done,
        assertDone() {
          if (!isDone)
            throw unavailable('starting', 'The nearby index is being loaded.', { retryAfterSeconds: 1 })
        },
      },
      stop: async () => {
        stopping.abort()
        await reading
      },
    }
  }
}
