import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Send } from './methods.ts'

/** The serving side of a `Watch`: one reader of the store, any number of streams. */
export interface WatchFeed<F> {
  /** Serves one stream until the signal aborts: snapshot, its end, then changes and beats. */
  serve(send: Send<F>, signal: AbortSignal): Promise<void>
  /** Looks at the store now instead of at the next beat: call it after a commit of one's own. */
  wake(): void
}

interface Stream<F> {
  queue: F[]
  wake: () => void
  end: AbortController
}

/** Streams that fall behind by more are ended; their client comes back for a snapshot. */
const maxBacklog = 10_000

/**
 * Reads changes every `beatMs` (or when woken) and sends each once, then a beat. A beat therefore says that
 * everything committed before it was sent; when the store does not answer there is no beat, and watchers ask.
 */
export function watchFeed<C, F>(options: {
  /** All that a newcomer must know. */
  snapshot: () => Promise<readonly C[]>
  /** Changes of at least the last 30 s, whatever their order of commit: those sent before are skipped by id. */
  recent: () => Promise<readonly C[]>
  /** Tells one change from another. */
  idOf: (change: C) => string
  frames: { change: (change: C) => F; snapshotEnd: () => F; beat: (at: Date) => F }
  beatMs: number
  clock: Clock
  log: Logger
}): Part<WatchFeed<F>> {
  return async () => {
    const ended = new AbortController()
    const streams = new Set<Stream<F>>()
    let nap = new AbortController()
    let seen = new Set<string>()

    const turn = async (): Promise<void> => {
      const at = options.clock.now()
      const rows = await options.recent()
      const fresh = rows.filter(row => !seen.has(options.idOf(row)))
      seen = new Set(rows.map(options.idOf))
      const frames = [...fresh.map(options.frames.change), options.frames.beat(new Date(at))]
      for (const stream of streams) {
        if (stream.queue.length + frames.length > maxBacklog) stream.end.abort()
        else stream.queue.push(...frames)
        stream.wake()
      }
    }

    const loop = (async () => {
      let failing = false
      while (!ended.signal.aborted) {
        nap = new AbortController()
        if (streams.size > 0)
          try {
            await turn()
            failing = false
          } catch (error) {
            if (!failing) options.log.warn({ err: error }, 'no beat: the store does not answer')
            failing = true
          }
        await options.clock.delay(options.beatMs, AbortSignal.any([ended.signal, nap.signal]))
      }
    })()

    return {
      value: {
        wake: () => nap.abort(),
        async serve(send, signal) {
          const stream: Stream<F> = { queue: [], wake: () => {}, end: new AbortController() }
          const over = AbortSignal.any([signal, ended.signal, stream.end.signal])
          over.addEventListener('abort', () => stream.wake(), { once: true })
          // Joined before the snapshot is read: what commits in between comes twice rather than never.
          streams.add(stream)
          try {
            for (const change of await options.snapshot()) await send(options.frames.change(change))
            await send(options.frames.snapshotEnd())
            nap.abort()
            while (!over.aborted) {
              for (
                let frame = stream.queue.shift();
                frame !== undefined && !over.aborted;
                frame = stream.queue.shift()
              )
                await send(frame)
              await new Promise<void>(resolve => {
                stream.wake = resolve
                if (stream.queue.length > 0 || over.aborted) resolve()
              })
            }
          } catch (error) {
            if (!over.aborted) throw error
          } finally {
            streams.delete(stream)
          }
        },
      },
      stop: async () => {
        ended.abort()
        await loop
      },
    }
  }
}
