import { dueAt } from '../../../domain/life-cycle.ts'
import type { Walk } from '../../../domain/walk.ts'

/** A row of `walks`. */
export type WalkRow = {
  id: string
  version: number
  origin: Walk['origin']
  match_id: string | null
  initiator_id: string
  partner_id: string
  accepted_by: string[]
  status: Walk['status']
  message: string | null
  meeting_lat: number | null
  meeting_lng: number | null
  meeting_name: string | null
  meet_at: Date | null
  requested_at: Date
  responded_at: Date | null
  expires_at: Date | null
  share_from: Date | null
  share_until: Date | null
  start_time: Date | null
  end_time: Date | null
  closed_by: string | null
  distance_meters: number | null
  initiator_shares_since: Date | null
  partner_shares_since: Date | null
  sharing_revision: number
  met_at: Date | null
  apart_since: Date | null
  due_at: Date | null
}

export const walkOf = (row: WalkRow): Walk => ({
  id: row.id,
  version: row.version,
  origin: row.origin,
  matchId: row.match_id,
  initiatorId: row.initiator_id,
  partnerId: row.partner_id,
  acceptedBy: row.accepted_by,
  status: row.status,
  message: row.message,
  meetingPoint:
    row.meeting_lat === null || row.meeting_lng === null
      ? null
      : { lat: row.meeting_lat, lng: row.meeting_lng, name: row.meeting_name },
  meetAt: row.meet_at,
  requestedAt: row.requested_at,
  respondedAt: row.responded_at,
  expiresAt: row.expires_at,
  shareFrom: row.share_from,
  shareUntil: row.share_until,
  startTime: row.start_time,
  endTime: row.end_time,
  closedBy: row.closed_by,
  distanceMeters: row.distance_meters,
  sharing: {
    initiatorSince: row.initiator_shares_since,
    partnerSince: row.partner_shares_since,
    revision: row.sharing_revision,
  },
  company: { metAt: row.met_at, apartSince: row.apart_since },
})

export const rowOf = (walk: Walk): WalkRow => ({
  id: walk.id,
  version: walk.version,
  origin: walk.origin,
  match_id: walk.matchId,
  initiator_id: walk.initiatorId,
  partner_id: walk.partnerId,
  accepted_by: [...walk.acceptedBy],
  status: walk.status,
  message: walk.message,
  meeting_lat: walk.meetingPoint?.lat ?? null,
  meeting_lng: walk.meetingPoint?.lng ?? null,
  meeting_name: walk.meetingPoint?.name ?? null,
  meet_at: walk.meetAt,
  requested_at: walk.requestedAt,
  responded_at: walk.respondedAt,
  expires_at: walk.expiresAt,
  share_from: walk.shareFrom,
  share_until: walk.shareUntil,
  start_time: walk.startTime,
  end_time: walk.endTime,
  closed_by: walk.closedBy,
  distance_meters: walk.distanceMeters,
  initiator_shares_since: walk.sharing.initiatorSince,
  partner_shares_since: walk.sharing.partnerSince,
  sharing_revision: walk.sharing.revision,
  met_at: walk.company.metAt,
  apart_since: walk.company.apartSince,
  due_at: dueAt(walk),
})
