import type { Clock } from '@walking-buddy/service-kit'
import { ownWalk } from './own-walk.ts'
import type { Walks } from './ports.ts'
import type { DescribeWalks, WalkView } from './view.ts'

export const getWalk =
  (deps: { walks: Walks; describe: DescribeWalks; clock: Clock }) =>
  async ({ userId, walkId }: { userId: string; walkId: string }): Promise<WalkView> => {
    const [view] = await deps.describe(
      [await ownWalk(deps.walks, userId, walkId)],
      new Date(deps.clock.now()),
    )
    return view!
  }
