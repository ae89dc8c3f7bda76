import { z } from 'zod'
import { operation } from './operation.ts'
import { idParams, instant, lat, listOf, listQuery, lng, point, text, uuid } from './shapes.ts'

const service = 'walk'

export const walkStatus = z.enum([
  'requested',
  'accepted',
  'declined',
  'expired',
  'in_progress',
  'completed',
  'cancelled',
])

export const participant = z
  .object({ userId: uuid, username: z.string(), profilePhotoUrl: z.string().nullable(), age: z.int() })
  .meta({ id: 'Participant' })

export const walk = z
  .object({
    id: uuid,
    origin: z.enum(['request', 'match']),
    acceptedBy: z.array(uuid),
    initiatorId: uuid,
    partnerId: uuid,
    initiator: participant,
    partner: participant,
    status: walkStatus,
    message: z.string().nullable(),
    meetAt: instant.nullable(),
    meetingPoint: z.object({ lat, lng, name: z.string().nullable() }).nullable(),
    requestedAt: instant,
    respondedAt: instant.nullable(),
    expiresAt: instant.nullable(),
    shareFrom: instant.nullable(),
    shareUntil: instant.nullable(),
    startTime: instant.nullable(),
    endTime: instant.nullable(),
    endedBy: uuid.nullable().meta({ description: 'null: nobody, or the clock.' }),
    distanceMeters: z.int().nullable(),
    durationSeconds: z.int().nullable(),
    version: z
      .int()
      .meta({ description: 'Apply a walk only if its version is higher than the one at hand.' }),
  })
  .meta({ id: 'Walk' })

export const walkRequest = z.strictObject({
  partnerId: uuid,
  message: text(280).nullish(),
  meetAt: instant.nullish(),
  meetingPoint: z.strictObject({ lat, lng, name: text(120).nullish() }).nullish(),
})

const occurredBody = z.strictObject({ occurredAt: instant.optional() }).optional()
const emptyBody = z.strictObject({}).optional()

const transition = <
  const Id extends string,
  const M extends 'put' | 'post',
  const P extends string,
  B extends z.ZodType,
>(
  id: Id,
  method: M,
  path: P,
  summary: string,
  body: B,
) =>
  operation({
    id,
    method,
    path,
    service,
    summary,
    access: { kind: 'user' },
    params: idParams,
    body,
    responses: { 200: walk },
    problems: { 404: ['walk-not-found'], 409: ['illegal-transition', 'busy'] },
  })

export const walkOperations = {
  requestWalk: operation({
    id: 'requestWalk',
    method: 'post',
    path: '/api/walks/request',
    service,
    summary: 'Ask someone on the nearby list, or a partner of the last 30 days with meetAt an hour ahead',
    access: { kind: 'user' },
    idempotencyKey: true,
    body: walkRequest,
    responses: { 201: walk },
    problems: {
      400: ['meet-at-out-of-range'],
      404: ['not-available'],
      409: ['request-open', 'resting', 'too-many-open-requests', 'idempotency-key-reused', 'in-progress'],
      429: ['too-many-requests-today'],
    },
  }),
  acceptWalk: transition('acceptWalk', 'put', '/api/walks/{id}/accept', 'Accept', emptyBody),
  declineWalk: transition('declineWalk', 'put', '/api/walks/{id}/decline', 'Decline', emptyBody),
  cancelWalk: transition(
    'cancelWalk',
    'put',
    '/api/walks/{id}/cancel',
    'Take back a request, or call an accepted walk off',
    emptyBody,
  ),
  startWalk: transition('startWalk', 'post', '/api/walks/{id}/start', 'Start', occurredBody),
  endWalk: transition('endWalk', 'post', '/api/walks/{id}/end', 'End', occurredBody),
  setSharing: operation({
    id: 'setSharing',
    method: 'put',
    path: '/api/walks/{id}/sharing',
    service,
    summary: "Switch one's own position sharing on or off; ends nothing else",
    access: { kind: 'user' },
    params: idParams,
    body: z.strictObject({ on: z.boolean() }),
    responses: { 200: walk },
    problems: { 404: ['walk-not-found'], 409: ['illegal-transition'] },
  }),
  recordTrack: operation({
    id: 'recordTrack',
    method: 'post',
    path: '/api/walks/{id}/track',
    service,
    summary: 'Points that a phone kept while offline; up to 48 h after the end',
    access: { kind: 'user' },
    params: idParams,
    body: z.strictObject({
      points: z
        .array(
          z.strictObject({
            lat,
            lng,
            accuracyMeters: z.number().min(0).max(100_000).optional(),
            recordedAt: instant,
          }),
        )
        .min(1)
        .max(500),
      sentAt: instant,
    }),
    responses: { 202: z.object({ accepted: z.int() }) },
    problems: { 404: ['walk-not-found'], 409: ['track-closed'] },
  }),
  listWalks: operation({
    id: 'listWalks',
    method: 'get',
    path: '/api/walks',
    service,
    summary: "One's walks, newest first",
    access: { kind: 'user' },
    query: listQuery.extend({
      status: walkStatus.optional(),
      role: z.enum(['initiator', 'partner']).optional(),
    }),
    responses: { 200: listOf(walk) },
  }),
  listWalkHistory: operation({
    id: 'listWalkHistory',
    method: 'get',
    path: '/api/walks/history',
    service,
    summary: 'Walks that are over, newest first',
    access: { kind: 'user' },
    query: listQuery.extend({
      status: walkStatus.optional(),
      role: z.enum(['initiator', 'partner']).optional(),
    }),
    responses: { 200: listOf(walk) },
  }),
  getWalk: operation({
    id: 'getWalk',
    method: 'get',
    path: '/api/walks/{id}',
    service,
    summary: "One of one's walks",
    access: { kind: 'user' },
    params: idParams,
    responses: { 200: walk },
    problems: { 404: ['walk-not-found'] },
  }),
  getWalkPositions: operation({
    id: 'getWalkPositions',
    method: 'get',
    path: '/api/walks/{id}/positions',
    service,
    summary: 'Last shared positions of both, within the sharing window',
    access: { kind: 'user' },
    params: idParams,
    responses: {
      200: z.object({ items: z.array(z.object({ userId: uuid, lat, lng, recordedAt: instant })) }),
    },
    problems: { 404: ['walk-not-found'] },
  }),
  getWalkRoute: operation({
    id: 'getWalkRoute',
    method: 'get',
    path: '/api/walks/{id}/route',
    service,
    summary: "One's own points of a walk",
    access: { kind: 'user' },
    params: idParams,
    responses: {
      200: z.object({
        coordinates: z.array(z.object({ lat, lng, timestamp: instant })),
        pointsOfInterest: z.array(z.object({ name: z.string(), type: z.string(), location: point })),
      }),
    },
    problems: { 404: ['walk-not-found'] },
  }),
}
