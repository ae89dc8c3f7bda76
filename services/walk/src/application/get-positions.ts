import type { Clock } from '@walking-buddy/service-kit'
import { isShown, windowIsOpen } from '../domain/sharing.ts'
import { otherOf } from '../domain/walk.ts'
import { ownWalk } from './own-walk.ts'
import type { Blocks, LastPositions, Walks } from './ports.ts'

export interface ShownPosition {
  userId: string
  lat: number
  lng: number
  recordedAt: Date
}

/** Where the two were last, as far as they share it, while the window is open; one's own by the same rule. */
export const getPositions =
  (deps: { walks: Walks; lastPositions: LastPositions; blocks: Blocks; clock: Clock }) =>
  async ({ userId, walkId }: { userId: string; walkId: string }): Promise<ShownPosition[]> => {
    const walk = await ownWalk(deps.walks, userId, walkId)
    const now = new Date(deps.clock.now())
    if (!windowIsOpen(walk, now)) return []
    if (await deps.blocks.isBlocked(userId, otherOf(walk, userId))) return []
    const last = await deps.lastPositions.of(walkId, [walk.initiatorId, walk.partnerId])
    return [...last].flatMap(([personId, whereabouts]) =>
      isShown(walk, personId, whereabouts, now)
        ? [{ userId: personId, ...whereabouts.position.reveal(), recordedAt: whereabouts.recordedAt }]
        : [],
    )
  }
