import type { Clock } from '@walking-buddy/service-kit'
import { decline } from '../domain/life-cycle.ts'
import type { ChangeWalk } from './change-walk.ts'
import type { DescribeWalks, WalkView } from './view.ts'

export const declineWalk =
  (deps: { changeWalk: ChangeWalk; describe: DescribeWalks; clock: Clock }) =>
  async ({ userId, walkId }: { userId: string; walkId: string }): Promise<WalkView> => {
    const now = new Date(deps.clock.now())
    const walk = await deps.changeWalk(userId, walkId, now, { apply: walk => decline(walk, userId, now) })
    const [view] = await deps.describe([walk], now)
    return view!
  }
