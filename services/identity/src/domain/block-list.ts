import { invalid, precondition } from '@walking-buddy/errors'

/** Everyone whom one user blocks, known or not. */
export interface BlockList {
  userId: string
  /** Rises by one with each change; counted apart from the account's version. */
  version: number
  blockedIds: readonly string[]
}

const longestList = 1_000

/**
 * The list with one more: the same object where they are on it.
 * @throws AppError invalid `self-block`; precondition `block-limit-reached`
 */
export function withBlocked(list: BlockList, blockedId: string): BlockList {
  if (blockedId === list.userId) throw invalid('self-block', 'Nobody can block themselves.')
  if (list.blockedIds.includes(blockedId)) return list
  if (list.blockedIds.length >= longestList)
    throw precondition('block-limit-reached', `At most ${longestList} people can be blocked.`)
  return { ...list, version: list.version + 1, blockedIds: [...list.blockedIds, blockedId] }
}

/** The list with one less: the same object where they are not on it. */
export function withoutBlocked(list: BlockList, blockedId: string): BlockList {
  if (!list.blockedIds.includes(blockedId)) return list
  return { ...list, version: list.version + 1, blockedIds: list.blockedIds.filter(id => id !== blockedId) }
}
