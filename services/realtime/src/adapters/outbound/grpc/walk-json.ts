import { type Participant, WalkOrigin, WalkStatus, type WalkView } from '@walking-buddy/contracts/grpc/walk'
import { internal } from '@walking-buddy/errors'
import type { Walk } from '../../../application/ports.ts'

const statuses: Readonly<Partial<Record<WalkStatus, Walk['status']>>> = {
  [WalkStatus.REQUESTED]: 'requested',
  [WalkStatus.ACCEPTED]: 'accepted',
  [WalkStatus.DECLINED]: 'declined',
  [WalkStatus.EXPIRED]: 'expired',
  [WalkStatus.IN_PROGRESS]: 'in_progress',
  [WalkStatus.COMPLETED]: 'completed',
  [WalkStatus.CANCELLED]: 'cancelled',
}

/** A walk as REST tells it: the same fields in the same order, null for what is not there. */
export function walkJson({ walk, initiator, partner, message, meetingPoint }: WalkView): Walk {
  const status = walk && statuses[walk.status]
  if (!walk || !status || !initiator || !partner || !walk.requestedAt)
    throw internal('incomplete-walk', 'The walk service told of a walk without all of it.')
  return {
    id: walk.walkId,
    origin: walk.origin === WalkOrigin.MATCH ? 'match' : 'request',
    acceptedBy: walk.acceptedBy,
    initiatorId: walk.initiatorId,
    partnerId: walk.partnerId,
    initiator: participantJson(initiator),
    partner: participantJson(partner),
    status,
    message: message || null,
    meetAt: instant(walk.meetAt),
    meetingPoint: meetingPoint
      ? { lat: meetingPoint.lat, lng: meetingPoint.lng, name: meetingPoint.name || null }
      : null,
    requestedAt: walk.requestedAt.toISOString(),
    respondedAt: instant(walk.respondedAt),
    expiresAt: instant(walk.expiresAt),
    shareFrom: instant(walk.shareFrom),
    shareUntil: instant(walk.shareUntil),
    startTime: instant(walk.startTime),
    endTime: instant(walk.endTime),
    endedBy: walk.endedBy || null,
    distanceMeters: walk.distanceMeters ?? null,
    durationSeconds: walk.durationSeconds ?? null,
    version: walk.version,
  }
}

const participantJson = ({ userId, username, profilePhotoUrl, age }: Participant): Walk['initiator'] => ({
  userId,
  username,
  profilePhotoUrl: profilePhotoUrl || null,
  age,
})

const instant = (date: Date | undefined): string | null => date?.toISOString() ?? null
