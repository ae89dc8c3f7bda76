import type { Duplex } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'

const maxBackoffMs = 1_000

/**
 * Keeps a stream open for as long as the process lives: whenever it ends it is opened anew. `opened` gets the way
 * to send on the new one, which rejects once that one has ended; `closed` follows in any case.
 */
export function lastingStream<Req, Res>(options: {
  open: (options: { signal: AbortSignal }) => Duplex<Req, Res>
  opened: (send: (message: Req) => Promise<void>) => void
  received: (message: Res) => void
  closed: () => void
  clock: Clock
  random: () => number
  log: Logger
}): Part<void> {
  const { clock, random, log } = options
  return async name => {
    const stopping = new AbortController()

    const follow = async (): Promise<void> => {
      const over = new AbortController()
      const stream = options.open({ signal: AbortSignal.any([stopping.signal, over.signal]) })
      try {
        options.opened(stream.send)
        for await (const message of stream.responses) options.received(message)
      } finally {
        over.abort()
        options.closed()
      }
    }

    const run = async (): Promise<void> => {
      for (let failures = 0; !stopping.signal.aborted; failures++) {
        const openedMs = clock.monotonicMs()
        try {
          await follow()
        } catch (error) {
          if (failures === 0) log.warn({ err: error, stream: name }, 'stream ended, opening it again')
        }
        if (clock.monotonicMs() - openedMs > 5_000) failures = 0
        await clock.delay((0.5 + random() / 2) * Math.min(maxBackoffMs, 25 * 2 ** failures), stopping.signal)
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
