import type { Postgres } from '@walking-buddy/postgres'
import type { Clock } from '@walking-buddy/service-kit'
import type { Intents, Outcome } from '../../../application/ports.ts'
import { intentsChannel, leaveIntents, outcomesChannel } from './intent-rows.ts'
import type { Notifications } from './notifications.ts'

/** A notification may be lost; so long an outcome may then wait. */
const pollMs = 250
const keepActed = '5 minutes'

/** Requests in Postgres. However many wait for outcomes here, one question answers them all. */
export function postgresIntents(pg: Postgres, deps: { notifications: Notifications; clock: Clock }): Intents {
  const { notifications, clock } = deps
  const waiting = new Map<bigint, (outcome: Outcome) => void>()
  let looking = false

  const look = async (): Promise<void> => {
    looking = true
    while (waiting.size > 0) {
      const nap = new AbortController()
      const notified = notifications.next(outcomesChannel, nap.signal)
      try {
        const { rows } = await pg.query<{ id: bigint; outcome: Outcome }>(
          'SELECT id, outcome FROM intents WHERE id = ANY ($1::bigint[]) AND outcome IS NOT NULL',
          [[...waiting.keys()]],
        )
        for (const { id, outcome } of rows) waiting.get(id)?.(outcome)
      } catch {
        // Whoever waits does so for a while only, and is told then.
      }
      if (waiting.size > 0) await Promise.race([notified, clock.delay(pollMs, nap.signal)])
      nap.abort()
    }
    looking = false
  }

  return {
    add: (userId, request) => pg.transaction(async tx => (await leaveIntents(tx, userId, [request]))[0]!),

    outcome(id, withinMs) {
      return new Promise(resolve => {
        const patience = new AbortController()
        const done = (outcome?: Outcome) => {
          waiting.delete(id)
          patience.abort()
          resolve(outcome)
        }
        waiting.set(id, done)
        void clock.delay(withinMs, patience.signal).then(() => done())
        if (!looking) void look()
      })
    },

    left: signal => notifications.next(intentsChannel, signal),

    async forgetOld(shards) {
      await pg.query(
        `DELETE FROM intents WHERE shard = ANY ($1::smallint[]) AND acted_at < clock_timestamp() - interval '${keepActed}'`,
        [shards],
      )
    },
  }
}
