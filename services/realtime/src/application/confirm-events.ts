import type { Clock } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Reader, Streams } from './ports.ts'

const everyMs = 1_000

/** Up to where users have handled their streams on any of their devices, written down in batches. */
export interface Confirmations {
  note(reader: Reader): void
  /** Writes down what is noted. */
  flush(): Promise<void>
}

export function confirmations(deps: {
  streams: Pick<Streams, 'confirm'>
  clock: Clock
  log: Logger
}): Confirmations {
  const { streams, clock, log } = deps
  let noted = new Map<string, number>()
  let due = false

  const flush = async (): Promise<void> => {
    const batch = noted
    noted = new Map()
    if (batch.size === 0) return
    try {
      await streams.confirm([...batch].map(([userId, seq]) => ({ userId, seq })))
    } catch (error) {
      // A later confirmation covers this one, and a missing one costs at most a needless push.
      log.warn({ err: error }, 'confirmations were not written down')
    }
  }

  const flushSoon = async (): Promise<void> => {
    if (due) return
    due = true
    await clock.delay(everyMs)
    due = false
    await flush()
  }

  return {
    note({ userId, seq }) {
      noted.set(userId, Math.max(seq, noted.get(userId) ?? 0))
      void flushSoon()
    },
    flush,
  }
}
