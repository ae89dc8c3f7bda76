import {
  type WalkServiceService,
  WalkStatus,
  type WatchWalksResponse,
  type WalkWindow as WireWindow,
} from '@walking-buddy/contracts/grpc/walk'
import { type Client, type WatchFrame, watch } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { type WalkWindows, walkWindows } from '../../../application/index.ts'
import type { WalkWindow } from '../../../domain/sharing.ts'

/** Open walks by walk's `WatchWalks`, for as long as the process lives. */
export function watchedWalks(
  walk: Client<typeof WalkServiceService>,
  deps: { clock: Clock; log: Logger },
): Part<WalkWindows> {
  const windows = walkWindows(deps.clock)
  const following = watch<WatchWalksResponse, WireWindow>({
    open: signal => walk.watchWalks({}, { signal }),
    read: frameOf,
    snapshotStart: windows.snapshotStart,
    change: window => windows.window(windowOf(window)),
    snapshotEnd: windows.snapshotEnd,
    ...deps,
  })
  return async name => {
    const { value, stop } = await following(name)
    return { value: { ...windows, fresh: value.fresh }, ...(stop ? { stop } : {}) }
  }
}

function frameOf({ frame }: WatchWalksResponse): WatchFrame<WireWindow> {
  if (frame?.$case === 'window') return { kind: 'change', change: frame.value }
  return frame?.$case === 'snapshotEnd' ? { kind: 'snapshot-end' } : { kind: 'beat' }
}

const windowOf = (window: WireWindow): WalkWindow => ({
  walkId: window.walkId,
  version: window.version,
  revision: window.revision,
  open: window.open,
  initiatorId: window.initiatorId,
  partnerId: window.partnerId,
  accepted: window.status === WalkStatus.ACCEPTED || window.status === WalkStatus.IN_PROGRESS,
  shareFromMs: window.shareFrom?.getTime() ?? null,
  shareUntilMs: window.shareUntil?.getTime() ?? null,
  initiatorShares: window.initiatorShares,
  partnerShares: window.partnerShares,
})
