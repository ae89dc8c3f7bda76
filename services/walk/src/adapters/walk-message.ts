import { type Walk as WalkMessage, WalkOrigin, WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import { durationSeconds, endedBy, type Walk } from '../domain/walk.ts'

const statuses: Record<Walk['status'], WalkStatus> = {
  requested: WalkStatus.REQUESTED,
  accepted: WalkStatus.ACCEPTED,
  declined: WalkStatus.DECLINED,
  expired: WalkStatus.EXPIRED,
  in_progress: WalkStatus.IN_PROGRESS,
  completed: WalkStatus.COMPLETED,
  cancelled: WalkStatus.CANCELLED,
}

export const statusMessage = (status: Walk['status']): WalkStatus => statuses[status]
export const originMessage = (origin: Walk['origin']): WalkOrigin =>
  origin === 'match' ? WalkOrigin.MATCH : WalkOrigin.REQUEST

/** A walk as other services and topics may know it: without its text and meeting point. */
export const walkMessage = (walk: Walk): WalkMessage => ({
  walkId: walk.id,
  version: walk.version,
  origin: originMessage(walk.origin),
  initiatorId: walk.initiatorId,
  partnerId: walk.partnerId,
  acceptedBy: [...walk.acceptedBy],
  status: statusMessage(walk.status),
  requestedAt: walk.requestedAt,
  respondedAt: walk.respondedAt ?? undefined,
  expiresAt: walk.expiresAt ?? undefined,
  meetAt: walk.meetAt ?? undefined,
  shareFrom: walk.shareFrom ?? undefined,
  shareUntil: walk.shareUntil ?? undefined,
  startTime: walk.startTime ?? undefined,
  endTime: walk.endTime ?? undefined,
  endedBy: endedBy(walk) ?? '',
  distanceMeters: walk.distanceMeters ?? undefined,
  durationSeconds: durationSeconds(walk) ?? undefined,
})
