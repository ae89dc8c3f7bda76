import type { Clock } from '@walking-buddy/service-kit'
import { overStatuses, type WalkStatus } from '../domain/walk.ts'
import type { WalkFilter, Walks } from './ports.ts'
import type { DescribeWalks, WalkView } from './view.ts'

export interface ListWalksInput {
  userId: string
  status: WalkStatus | undefined
  role: WalkFilter['role']
  /** The last walk of the page before. */
  beforeId: string | undefined
  limit: number
}

export interface WalkPage {
  items: WalkView[]
  /** Where the next page begins; undefined on the last one. */
  lastId: string | undefined
}

/** One's walks, newest request first; new ones never shift a page that is being read. */
export const listWalks =
  (deps: { walks: Walks; describe: DescribeWalks; clock: Clock }) =>
  (input: ListWalksInput): Promise<WalkPage> =>
    pageOf(deps, input, input.status && [input.status])

/** Those of them that are over. */
export const listHistory =
  (deps: { walks: Walks; describe: DescribeWalks; clock: Clock }) =>
  (input: ListWalksInput): Promise<WalkPage> =>
    pageOf(
      deps,
      input,
      overStatuses.filter(status => input.status === undefined || status === input.status),
    )

async function pageOf(
  deps: { walks: Walks; describe: DescribeWalks; clock: Clock },
  { userId, role, beforeId, limit }: ListWalksInput,
  statuses: readonly WalkStatus[] | undefined,
): Promise<WalkPage> {
  const found = await deps.walks.page(userId, { statuses, role }, { beforeId, limit: limit + 1 })
  const walks = found.slice(0, limit)
  return {
    items: await deps.describe(walks, new Date(deps.clock.now())),
    lastId: found.length > limit ? walks.at(-1)?.id : undefined,
  }
}
