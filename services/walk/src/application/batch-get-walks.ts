import type { Clock } from '@walking-buddy/service-kit'
import { isOf } from '../domain/walk.ts'
import type { Walks } from './ports.ts'
import type { DescribeWalks, WalkView } from './view.ts'

/** Walks as one of their two people sees them; others' and unknown ones are left out. */
export const batchGetWalks =
  (deps: { walks: Walks; describe: DescribeWalks; clock: Clock }) =>
  async ({ viewerId, walkIds }: { viewerId: string; walkIds: readonly string[] }): Promise<WalkView[]> => {
    const walks = await deps.walks.findAll(walkIds)
    return deps.describe(
      walks.filter(walk => isOf(walk, viewerId)),
      new Date(deps.clock.now()),
    )
  }
