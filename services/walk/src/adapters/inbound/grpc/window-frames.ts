import type { WalkWindow, WatchWalksResponse } from '@walking-buddy/contracts/grpc/walk'
import { isUnderWay, type Walk } from '../../../domain/walk.ts'
import { statusMessage } from '../../walk-message.ts'

export type WindowFrame = WatchWalksResponse

/** Tells one state of a walk's window from another. */
export const windowId = (walk: Walk): string => `${walk.id} ${walk.version} ${walk.sharing.revision}`

/** What `WatchWalks` sends. */
export const windowFrames = {
  change: (walk: Walk): WindowFrame => ({ frame: { $case: 'window', value: windowMessage(walk) } }),
  snapshotEnd: (): WindowFrame => ({ frame: { $case: 'snapshotEnd', value: {} } }),
  beat: (at: Date): WindowFrame => ({ frame: { $case: 'beat', value: { at } } }),
}

const windowMessage = (walk: Walk): WalkWindow => ({
  walkId: walk.id,
  version: walk.version,
  open: isUnderWay(walk),
  initiatorId: walk.initiatorId,
  partnerId: walk.partnerId,
  status: statusMessage(walk.status),
  shareFrom: walk.shareFrom ?? undefined,
  shareUntil: walk.shareUntil ?? undefined,
  initiatorShares: walk.sharing.initiatorSince !== null,
  partnerShares: walk.sharing.partnerSince !== null,
  revision: walk.sharing.revision,
})
