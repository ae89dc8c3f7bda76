import type { Clock } from '@walking-buddy/service-kit'
import { acquaintedSince } from '../domain/asking.ts'
import type { Walks } from './ports.ts'

/** Whether two people have an open request, an open walk or a walk of the last 30 days in common. */
export const checkAcquaintance =
  (deps: { walks: Walks; clock: Clock }) =>
  async ({ userId, otherId }: { userId: string; otherId: string }): Promise<boolean> => {
    const now = new Date(deps.clock.now())
    return deps.walks.areAcquainted(userId, otherId, acquaintedSince(now), now)
  }
