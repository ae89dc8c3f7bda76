import type { Clock } from '@walking-buddy/service-kit'
import { busy } from '../domain/engagement.ts'
import { start } from '../domain/life-cycle.ts'
import type { ChangeWalk } from './change-walk.ts'
import type { DescribeWalks, WalkView } from './view.ts'

/** @throws AppError conflict `busy` while either of the two is walking with somebody else */
export const startWalk =
  (deps: { changeWalk: ChangeWalk; describe: DescribeWalks; clock: Clock }) =>
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
    const walk = await deps.changeWalk(userId, walkId, now, {
      apply: walk => start(walk, now, occurredAt),
      holding: ({ initiatorId, partnerId }) => [initiatorId, partnerId],
      check: async (tx, { initiatorId, partnerId }) => {
        for (const personId of [initiatorId, partnerId])
          if ((await tx.underWayOf(personId, walkId)).some(({ status }) => status === 'in_progress'))
            throw busy()
      },
    })
    const [view] = await deps.describe([walk], now)
    return view!
  }
