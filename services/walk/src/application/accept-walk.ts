import type { Clock } from '@walking-buddy/service-kit'
import { busy, clashes } from '../domain/engagement.ts'
import { accept } from '../domain/life-cycle.ts'
import { illegalTransition, otherOf } from '../domain/walk.ts'
import type { CallOffForbidden } from './call-off-forbidden.ts'
import type { ChangeWalk } from './change-walk.ts'
import type { Blocks } from './ports.ts'
import type { DescribeWalks, WalkView } from './view.ts'

/** @throws AppError conflict `busy` for who has another walk within 2 h; unavailable while nobody can say of blocks */
export const acceptWalk =
  (deps: {
    changeWalk: ChangeWalk
    blocks: Blocks
    callOffForbidden: CallOffForbidden
    describe: DescribeWalks
    clock: Clock
  }) =>
  async ({ userId, walkId }: { userId: string; walkId: string }): Promise<WalkView> => {
    const now = new Date(deps.clock.now())
    const walk = await deps.changeWalk(userId, walkId, now, {
      apply: walk => accept(walk, userId, now),
      before: async walk => {
        const otherId = otherOf(walk, userId)
        if (!(await deps.blocks.isBlocked(userId, otherId))) return
        await deps.callOffForbidden(userId, [otherId])
        throw illegalTransition({ ...walk, status: 'cancelled' }, 'accepted')
      },
      holding: () => [userId],
      check: async (tx, walk) => {
        if (clashes(await tx.underWayOf(userId, walkId), walk.meetAt, now)) throw busy()
      },
    })
    const otherId = otherOf(walk, userId)
    if (deps.blocks.wasJustBlocked(userId, otherId)) await deps.callOffForbidden(userId, [otherId])
    const [view] = await deps.describe([walk], now)
    return view!
  }
