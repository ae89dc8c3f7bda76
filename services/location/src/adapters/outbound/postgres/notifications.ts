import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import pg from 'pg'

/** Hints that something was written. They may be lost: whoever waits for one also looks from time to time. */
export interface Notifications {
  /** Resolves with the next one on the channel, or when the signal aborts. */
  next(channel: string, signal: AbortSignal): Promise<void>
}

const longestBackoffMs = 5_000

/** One connection that listens, opened anew whenever it ends. */
export function notifications(options: {
  url: string
  applicationName: string
  channels: readonly string[]
  clock: Clock
  log: Logger
}): Part<Notifications> {
  const { channels, clock, log } = options
  return async () => {
    const stopping = new AbortController()
    const waiting = new Map<string, Set<() => void>>(channels.map(channel => [channel, new Set()]))
    const wake = (channel: string): void => {
      for (const resolve of waiting.get(channel) ?? []) resolve()
    }

    const listen = async (): Promise<void> => {
      const client = new pg.Client({
        connectionString: options.url,
        application_name: options.applicationName,
        connectionTimeoutMillis: 5_000,
        keepAlive: true,
      })
      const ended = new Promise<void>(resolve => {
        client.on('error', () => resolve())
        client.on('end', () => resolve())
        stopping.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      client.on('notification', ({ channel }) => wake(channel))
      try {
        await client.connect()
        for (const channel of channels) await client.query(`LISTEN ${channel}`)
        // What was written before the connection stood was not heard of.
        for (const channel of channels) wake(channel)
        await ended
      } finally {
        await client.end().catch(() => {})
      }
    }

    const loop = (async () => {
      for (let failures = 0; !stopping.signal.aborted; failures++) {
        const openedMs = clock.monotonicMs()
        await listen().catch(error => {
          if (failures === 0) log.warn({ err: error }, 'notifications are not heard for now')
        })
        if (clock.monotonicMs() - openedMs > 10_000) failures = 0
        await clock.delay(Math.min(longestBackoffMs, 100 * 2 ** Math.min(failures, 6)), stopping.signal)
      }
    })()

    return {
      value: {
        next: (channel, signal) =>
          new Promise<void>(resolve => {
            const waiters = waiting.get(channel)!
            const done = () => {
              waiters.delete(done)
              signal.removeEventListener('abort', done)
              resolve()
            }
            if (signal.aborted) return resolve()
            waiters.add(done)
            signal.addEventListener('abort', done, { once: true })
          }),
      },
      stop: async () => {
        stopping.abort()
        await loop
      },
    }
  }
}
