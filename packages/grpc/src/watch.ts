import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'

/** A frame of a `Watch`, as its reader tells them apart. */
export type WatchFrame<C> = { kind: 'change'; change: C } | { kind: 'snapshot-end' } | { kind: 'beat' }

/** The watching side. */
export interface Watch {
  /** The snapshot is complete and the last beat no older than a second: what is held may be relied on. */
  fresh(): boolean
}

/** After this without a beat the owner is asked instead. */
const staleAfterMs = 1_000
const maxBackoffMs = 500

/**
 * Follows a `Watch` stream for as long as the process lives and opens it anew whenever it ends or falls silent.
 * `snapshotStart` is called before the changes of each snapshot.
 */
export function watch<F, C>(options: {
  open: (signal: AbortSignal) => AsyncIterable<F>
  read: (frame: F) => WatchFrame<C>
  snapshotStart: () => void
  change: (change: C) => void
  snapshotEnd: () => void
  clock: Clock
  log: Logger
  random?: () => number
}): Part<Watch> {
  const random = options.random ?? Math.random
  return async name => {
    const ended = new AbortController()
    let complete = false
    let lastBeatMs = Number.NEGATIVE_INFINITY

    const follow = async (): Promise<void> => {
      const stream = new AbortController()
      const silence = setInterval(() => {
        if (options.clock.monotonicMs() - lastSignMs > 3 * staleAfterMs) stream.abort()
      }, staleAfterMs)
      let lastSignMs = options.clock.monotonicMs()
      try {
        options.snapshotStart()
        for await (const raw of options.open(AbortSignal.any([ended.signal, stream.signal]))) {
          lastSignMs = options.clock.monotonicMs()
          const frame = options.read(raw)
          if (frame.kind === 'change') options.change(frame.change)
          else if (frame.kind === 'snapshot-end') {
            options.snapshotEnd()
            complete = true
            lastBeatMs = lastSignMs
          } else lastBeatMs = lastSignMs
        }
      } finally {
        complete = false
        clearInterval(silence)
      }
    }

    const loop = (async () => {
      for (let failures = 0; !ended.signal.aborted; ) {
        const openedMs = options.clock.monotonicMs()
        try {
          await follow()
        } catch (error) {
          if (failures === 0 && !ended.signal.aborted)
            options.log.warn({ err: error, watch: name }, 'watch ended, opening it again')
        }
        failures = options.clock.monotonicMs() - openedMs > 5_000 ? 0 : failures + 1
        await options.clock.delay(
          random() * Math.min(maxBackoffMs, 25 * 2 ** Math.min(failures, 8)),
          ended.signal,
        )
      }
    })()

    return {
      value: { fresh: () => complete && options.clock.monotonicMs() - lastBeatMs <= staleAfterMs },
      stop: async () => {
        ended.abort()
        await loop
      },
    }
  }
}
