import { unavailable } from '@walking-buddy/errors'
import type { Decider } from './decide-presences.ts'
import type { Intents, Outcome, Request } from './ports.ts'

/**
 * Has a change made by whoever holds the person's shard, and waits for it.
 * @throws AppError unavailable `change-pending`: asked for durably, but nobody has acted on it yet
 */
export type AskForChange = (userId: string, request: Request) => Promise<Outcome>

const patienceMs = 2_500

export function askForChange(deps: { decider: Decider; intents: Intents }): AskForChange {
  return async (userId, request) => {
    const here = await deps.decider.request(userId, request)
    if (here) return here
    const id = await deps.intents.add(userId, request)
    const there = await deps.intents.outcome(id, patienceMs)
    if (there) return there
    throw unavailable('change-pending', 'The change was taken down and will take effect in a moment.', {
      retryAfterSeconds: 1,
    })
  }
}
