import type {
  Participant as ParticipantMessage,
  RecordedPosition as RecordedPositionMessage,
  RequestWalkRequest,
  WalkView as WalkViewMessage,
} from '@walking-buddy/contracts/grpc/walk'
import { invalid } from '@walking-buddy/errors'
import { ExactPosition } from '@walking-buddy/exact-position'
import { z } from 'zod'
import type { RecordedPosition } from '../../../application/record-positions.ts'
import type { RequestWalkInput } from '../../../application/request-walk.ts'
import type { Participant, WalkView } from '../../../application/view.ts'
import { originMessage, statusMessage } from '../../walk-message.ts'

const guid = z.guid()

/** @throws AppError invalid for what is no id */
export function idOf(field: string, value: string): string {
  if (!guid.safeParse(value).success)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: field, message: 'is not an id' }],
    })
  return value.toLowerCase()
}

export const requestOf = (request: RequestWalkRequest): RequestWalkInput => ({
  userId: idOf('user_id', request.userId),
  partnerId: idOf('partner_id', request.partnerId),
  message: request.message || null,
  meetAt: request.meetAt ?? null,
  meetingPoint: request.meetingPoint
    ? {
        lat: request.meetingPoint.lat,
        lng: request.meetingPoint.lng,
        name: request.meetingPoint.name || null,
      }
    : null,
  idempotencyKey: request.idempotencyKey || undefined,
})

/** None for a position that is not on Earth or of nobody: the stream goes on without it. */
export function recordedPositionOf(message: RecordedPositionMessage): RecordedPosition[] {
  const { walkId, userId, lat, lng, accuracyMeters, recordedAt, nearPlace } = message
  if (!recordedAt || !guid.safeParse(walkId).success || !guid.safeParse(userId).success) return []
  if (!(Math.abs(lat) <= 90 && Math.abs(lng) <= 180)) return []
  return [{ walkId, userId, position: new ExactPosition(lat, lng), accuracyMeters, recordedAt, nearPlace }]
}

export const viewMessage = (view: WalkView): WalkViewMessage => ({
  walk: {
    walkId: view.id,
    version: view.version,
    origin: originMessage(view.origin),
    initiatorId: view.initiatorId,
    partnerId: view.partnerId,
    acceptedBy: view.acceptedBy,
    status: statusMessage(view.status),
    requestedAt: new Date(view.requestedAt),
    respondedAt: dateOf(view.respondedAt),
    expiresAt: dateOf(view.expiresAt),
    meetAt: dateOf(view.meetAt),
    shareFrom: dateOf(view.shareFrom),
    shareUntil: dateOf(view.shareUntil),
    startTime: dateOf(view.startTime),
    endTime: dateOf(view.endTime),
    endedBy: view.endedBy ?? '',
    distanceMeters: view.distanceMeters ?? undefined,
    durationSeconds: view.durationSeconds ?? undefined,
  },
  initiator: participantMessage(view.initiator),
  partner: participantMessage(view.partner),
  message: view.message ?? '',
  meetingPoint: view.meetingPoint ? { ...view.meetingPoint, name: view.meetingPoint.name ?? '' } : undefined,
})

const participantMessage = (participant: Participant): ParticipantMessage => ({
  ...participant,
  profilePhotoUrl: participant.profilePhotoUrl ?? '',
})

const dateOf = (instant: string | null): Date | undefined =>
  instant === null ? undefined : new Date(instant)
