import type { Clock } from '@walking-buddy/service-kit'
import { end } from '../domain/life-cycle.ts'
import type { ChangeWalk } from './change-walk.ts'
import { distanceUntil, withDistance } from './measure.ts'
import { ownWalk } from './own-walk.ts'
import type { Tracks, Walks } from './ports.ts'
import type { DescribeWalks, WalkView } from './view.ts'

/** Ends a walk and says how far it was; tracks that come later are counted when they come. */
export const endWalk =
  (deps: { walks: Walks; tracks: Tracks; changeWalk: ChangeWalk; describe: DescribeWalks; clock: Clock }) =>
  async ({
    userId,
    walkId,
    occurredAt,
  }: {
    userId: string
    walkId: string
    occurredAt: Date | undefined
  }): Promise<WalkView> => {
    const now = new Date(deps.clock.now())
    const seen = end(await ownWalk(deps.walks, userId, walkId), userId, now, occurredAt)
    const distanceMeters = seen.event ? await distanceUntil(deps.tracks, seen.walk) : null
    const walk = await deps.changeWalk(userId, walkId, now, {
      apply: walk => withDistance(end(walk, userId, now, occurredAt), distanceMeters),
    })
    const [view] = await deps.describe([walk], now)
    return view!
  }
