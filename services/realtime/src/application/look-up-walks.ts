import { unavailable } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { atMost } from './at-most.ts'
import type { StreamEvent, Walk, Walks } from './ports.ts'
import { trouble } from './trouble.ts'

/** How long an event waits for its owner to know what the event tells of. */
const maxOwnerLagMs = 10_000
const maxBackoffMs = 2_000
/** After an instance has died thousands of phones come back at once. */
const maxQuestions = 64

/**
 * What events tell of, as their reader may see it now. Persists until the owner answers, and answers no older than
 * the events, or nobody waits for it any more: an event is neither skipped nor overtaken because its owner is away.
 */
export type LookUpWalks = (
  viewerId: string,
  events: readonly StreamEvent[],
  waiting: () => boolean,
) => Promise<ReadonlyMap<string, Walk>>

export function lookUpWalks(deps: {
  walks: Pick<Walks, 'seenBy'>
  clock: Clock
  random: () => number
  log: Logger
}): LookUpWalks {
  const { walks, clock, random } = deps
  const inTurn = atMost(maxQuestions)
  const owner = trouble(deps.log, 'events wait for the walk service')

  return async (viewerId, events, waiting) => {
    const newest = new Map<string, number>()
    for (const { walkId, version } of events) newest.set(walkId, Math.max(version, newest.get(walkId) ?? 0))
    const sinceMs = clock.monotonicMs()
    for (let failures = 0; waiting(); failures++) {
      try {
        const seen = await inTurn(() => walks.seenBy(viewerId, [...newest.keys()]))
        const behind = [...seen.values()].some(walk => walk.version < newest.get(walk.id)!)
        if (behind && clock.monotonicMs() - sinceMs < maxOwnerLagMs)
          throw unavailable('walk-behind', 'The walk is not readable at this version yet.')
        owner.worked()
        return seen
      } catch (error) {
        owner.failed(error)
      }
      await clock.delay((0.5 + random() / 2) * Math.min(maxBackoffMs, 50 * 2 ** failures))
    }
    return new Map()
  }
}
