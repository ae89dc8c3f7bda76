import type { Whereabouts } from './company.ts'
import { isUnderWay, type Walk } from './walk.ts'

/** Whether positions may pass between the two at all: the walk is on and its window open. */
export const windowIsOpen = (walk: Walk, now: Date): boolean =>
  isUnderWay(walk) &&
  walk.shareFrom !== null &&
  walk.shareUntil !== null &&
  walk.shareFrom <= now &&
  now < walk.shareUntil

/** Whether the partner may see this last position of `userId`: shared when it was recorded, and still. */
export function isShown(
  walk: Walk,
  userId: string,
  { recordedAt, nearPlace }: Whereabouts,
  now: Date,
): boolean {
  const since = walk.initiatorId === userId ? walk.sharing.initiatorSince : walk.sharing.partnerSince
  return windowIsOpen(walk, now) && !nearPlace && since !== null && since <= recordedAt
}
