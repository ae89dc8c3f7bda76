import type { Clock } from '@walking-buddy/service-kit'
import { commitTransitions, overdue, refreshActive } from './commit-transitions.ts'
import { distanceUntil, withDistance } from './measure.ts'
import type { ActiveWalks, Tracks, Transactions, Walks } from './ports.ts'

/** At most so many walks between two looks at what is due. */
const atOnce = 100

/**
 * Does what the clock has to do to walks by now: expire, complete, end the sharing of a parted pair. Any number of
 * instances may run it. Returns when it is wanted next.
 */
export const passTime =
  (deps: {
    walks: Walks
    tracks: Tracks
    transactions: Transactions
    activeWalks: ActiveWalks
    clock: Clock
  }) =>
  async (): Promise<Date | undefined> => {
    const now = new Date(deps.clock.now())
    for (const walkId of await deps.walks.due(now, atOnce)) {
      const seen = await deps.walks.find(walkId)
      const end = seen && overdue(seen, now).find(({ event }) => event === 'completed')
      const distanceMeters = end ? await distanceUntil(deps.tracks, end.walk) : null
      const walk = await deps.transactions.run(async tx => {
        const current = await tx.lockIfFree(walkId)
        const transitions = (current ? overdue(current, now) : []).map(t => withDistance(t, distanceMeters))
        return current && commitTransitions(tx, current, transitions, now)
      })
      if (walk) await refreshActive(deps.activeWalks, walk)
    }
    return deps.walks.nextDueAt()
  }
