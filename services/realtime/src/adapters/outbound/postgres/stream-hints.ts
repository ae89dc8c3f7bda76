import type { Postgres } from '@walking-buddy/postgres'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { Client } from 'pg'

const channel = 'user_events'
/** NOTIFY makes commits of the whole server wait for each other: seldom, and for many users at once. */
const spacingMs = 10
/** A payload has less than 8,000 bytes, a UUID 36 and a comma. */
const usersPerPayload = 200

/** Tells all instances that users' streams have grown. Hints may be lost: readers look by themselves as well. */
export interface StreamHints {
  announce(userIds: readonly string[]): void
}

/** Announces after commits, apart from their transactions. */
export function streamHints(pg: Postgres, { clock }: { clock: Clock }): StreamHints {
  let waiting = new Set<string>()
  let sending = false

  const send = async (): Promise<void> => {
    sending = true
    while (waiting.size > 0) {
      const userIds = [...waiting]
      waiting = new Set()
      const payloads = Array.from({ length: Math.ceil(userIds.length / usersPerPayload) }, (_, i) =>
        userIds.slice(i * usersPerPayload, (i + 1) * usersPerPayload).join(','),
      )
      await pg
        .query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [channel, payloads])
        .catch(() => {
          // A hint: whoever waits for it looks by itself.
        })
      await clock.delay(spacingMs)
    }
    sending = false
  }

  return {
    announce(userIds) {
      for (const userId of userIds) waiting.add(userId)
      if (!sending) void send()
    },
  }
}

/** Listens on a connection of its own, and opens another one when that is lost. */
export function streamListener(options: {
  url: string
  grown: (userIds: readonly string[]) => void
  /** Hints may have been missed. */
  reconnected: () => void
  clock: Clock
  random: () => number
  log: Logger
}): Part<void> {
  const { clock, random, log } = options
  return async () => {
    const stopping = new AbortController()

    const listen = async (): Promise<void> => {
      const client = new Client({
        connectionString: options.url,
        application_name: 'realtime-listener',
        connectionTimeoutMillis: 5_000,
        keepAlive: true,
        keepAliveInitialDelayMillis: 5_000,
      })
      const over = new Promise<void>(resolve => {
        client.on('error', () => resolve())
        client.on('end', () => resolve())
        stopping.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      client.on('notification', ({ payload }) => payload && options.grown(payload.split(',')))
      try {
        await client.connect()
        await client.query(`LISTEN ${channel}`)
        options.reconnected()
        await over
      } finally {
        await client.end().catch(() => {})
      }
    }

    const run = async (): Promise<void> => {
      for (let failures = 0; !stopping.signal.aborted; failures++) {
        const startedAtMs = clock.monotonicMs()
        await listen().catch(error => log.warn({ err: error }, 'no hints: the database does not answer'))
        if (clock.monotonicMs() - startedAtMs > 10_000) failures = 0
        await clock.delay(Math.min(5_000, 100 * 2 ** failures) * (0.5 + random() / 2), stopping.signal)
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
