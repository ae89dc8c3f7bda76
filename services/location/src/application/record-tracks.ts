import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { TrackKeeper, TrackPoint, TrackStream } from './ports.ts'

/** Brings positions of people in a walk to the keeper of tracks. */
export interface TrackRecorder {
  /**
   * Takes the points. Resolves when they are durable there, so that an acknowledged position outlives this
   * instance; after a second, or at once while the keeper cannot be reached, without waiting for that: then they
   * stay here, and are sent until they are durable, for 10 minutes.
   */
  record(points: readonly TrackPoint[]): Promise<void>
}

const patienceMs = 1_000
const drainMs = 2_000
const keepMs = 10 * 60_000
const mostKept = 100_000
const mostTogether = 500
/** Sequences of one stream are unsigned 32-bit numbers. */
const mostSequences = 2 ** 32 - 1
const longestBackoffMs = 1_000

interface Kept {
  point: TrackPoint
  takenAtMs: number
}

export function recordTracks(deps: {
  keeper: TrackKeeper
  clock: Clock
  log: Logger
  random: () => number
  dropped: (points: number) => void
}): Part<TrackRecorder> {
  const { keeper, clock, log, random } = deps

  return async () => {
    const stopping = new AbortController()
    // Points are counted from the first ever: kept[0] is number `first`, and `sent` the next one to be sent.
    let kept: Kept[] = []
    let first = 0
    let sent = 0
    let reachable = true
    const waiting = new Map<() => void, number>()
    let wake = () => {}

    const settle = (through: number): void => {
      for (const [resolve, last] of waiting) if (last <= through) resolve()
    }
    const drop = (count: number): void => {
      kept = kept.slice(count)
      first += count
      sent = Math.max(sent, first)
    }
    const bound = (): void => {
      const before = clock.monotonicMs() - keepMs
      const expired = kept.findIndex(({ takenAtMs }) => takenAtMs >= before)
      const excess = Math.max(expired === -1 ? kept.length : expired, kept.length - mostKept)
      if (excess <= 0) return
      drop(excess)
      deps.dropped(excess)
    }
    const giveUpWaiting = (): void => {
      reachable = false
      settle(Number.POSITIVE_INFINITY)
    }

    const sendAll = async (stream: TrackStream, base: number, over: AbortSignal): Promise<void> => {
      while (!over.aborted && sent - base < mostSequences - mostTogether) {
        const next = kept.slice(sent - first, sent - first + mostTogether)
        if (next.length > 0) {
          const from = sent - base
          sent += next.length
          await stream.send(next.map(({ point }, i) => ({ ...point, sequence: from + i + 1 })))
          continue
        }
        await new Promise<void>(resolve => {
          wake = resolve
          if (over.aborted) resolve()
        })
      }
    }

    const hearAll = async (stream: TrackStream, base: number): Promise<void> => {
      for await (const sequence of stream.durable) {
        const through = Math.min(base + sequence, sent) - 1
        if (through >= first) drop(through - first + 1)
        reachable = true
        settle(through)
      }
    }

    /** One connection, for as long as it lasts; what is not durable by then is sent anew on the next. */
    const connect = async (): Promise<void> => {
      const end = new AbortController()
      const over = AbortSignal.any([stopping.signal, end.signal])
      over.addEventListener('abort', () => wake())
      const base = first
      sent = first
      const stream = keeper.open(over)
      const hearing = hearAll(stream, base).finally(() => end.abort())
      try {
        await Promise.all([hearing, sendAll(stream, base, over).finally(() => end.abort())])
      } finally {
        await hearing.catch(() => {})
        giveUpWaiting()
      }
    }

    const loop = (async () => {
      for (let failures = 0; !stopping.signal.aborted; ) {
        if (kept.length === 0) {
          // Nobody walks: no connection is needed.
          await new Promise<void>(resolve => {
            wake = resolve
            if (stopping.signal.aborted) resolve()
          })
          continue
        }
        const openedMs = clock.monotonicMs()
        await connect().catch(error => {
          if (failures === 0 && !stopping.signal.aborted)
            log.warn({ err: error }, 'tracks wait: walk does not take them')
        })
        failures = clock.monotonicMs() - openedMs > 5_000 ? 0 : failures + 1
        bound()
        await clock.delay(
          random() * Math.min(longestBackoffMs, 50 * 2 ** Math.min(failures, 8)),
          stopping.signal,
        )
      }
    })()

    return {
      value: {
        record(points) {
          if (points.length === 0) return Promise.resolve()
          const takenAtMs = clock.monotonicMs()
          for (const point of points) kept.push({ point, takenAtMs })
          bound()
          const last = first + kept.length - 1
          wake()
          if (!reachable) return Promise.resolve()
          return new Promise(resolve => {
            const patience = new AbortController()
            const done = () => {
              waiting.delete(done)
              patience.abort()
              resolve()
            }
            waiting.set(done, last)
            void clock.delay(patienceMs, patience.signal).then(done)
          })
        },
      },
      stop: async () => {
        // What was taken is brought away, where it can be.
        const last = first + kept.length - 1
        if (reachable && kept.length > 0)
          await Promise.race([new Promise<void>(resolve => waiting.set(resolve, last)), clock.delay(drainMs)])
        stopping.abort()
        wake()
        await loop
      },
    }
  }
}
