import type { Clock } from '@walking-buddy/service-kit'
import { switchSharing } from '../domain/life-cycle.ts'
import { commitTransitions, overdue } from './commit-transitions.ts'
import { ownWalk, walkNotFound } from './own-walk.ts'
import type { Transactions, Walks } from './ports.ts'
import type { DescribeWalks, WalkView } from './view.ts'

/** Switches one's own position sharing on or off. */
export const setSharing =
  (deps: { walks: Walks; transactions: Transactions; describe: DescribeWalks; clock: Clock }) =>
  async ({ userId, walkId, on }: { userId: string; walkId: string; on: boolean }): Promise<WalkView> => {
    const now = new Date(deps.clock.now())
    await ownWalk(deps.walks, userId, walkId)
    const walk = await deps.transactions.run(async tx => {
      const current = await tx.lock(walkId)
      if (!current) throw walkNotFound()
      const settled = await commitTransitions(tx, current, overdue(current, now), now)
      const switched = switchSharing(settled, userId, on, now)
      if (switched !== settled) await tx.keep(switched)
      return switched
    })
    const [view] = await deps.describe([walk], now)
    return view!
  }
