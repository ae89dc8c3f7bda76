import type { OperationInput } from '@walking-buddy/contracts/rest'
import type { walkOperations } from '@walking-buddy/contracts/rest/walk'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Handlers } from '@walking-buddy/http'
import type { Application } from '../../../application/index.ts'
import type { ListWalksInput } from '../../../application/list-walks.ts'
import { cursorOf, idIn } from './cursor.ts'

/** `/api/walks/*`: whose token it is, is whose walk it must be. */
export function walkHandlers(app: Application): Handlers<typeof walkOperations> {
  return {
    requestWalk: async ({ body }, { caller, idempotencyKey }) => ({
      status: 201,
      body: await app.requestWalk({
        userId: caller.userId,
        partnerId: body.partnerId,
        message: body.message || null,
        meetAt: dateOf(body.meetAt) ?? null,
        meetingPoint: body.meetingPoint
          ? { ...body.meetingPoint, name: body.meetingPoint.name || null }
          : null,
        idempotencyKey,
      }),
    }),
    acceptWalk: async ({ params }, { caller }) => ({
      status: 200,
      body: await app.acceptWalk({ userId: caller.userId, walkId: params.id }),
    }),
    declineWalk: async ({ params }, { caller }) => ({
      status: 200,
      body: await app.declineWalk({ userId: caller.userId, walkId: params.id }),
    }),
    cancelWalk: async ({ params }, { caller }) => ({
      status: 200,
      body: await app.cancelWalk({ userId: caller.userId, walkId: params.id }),
    }),
    startWalk: async ({ params, body }, { caller }) => ({
      status: 200,
      body: await app.startWalk({
        userId: caller.userId,
        walkId: params.id,
        occurredAt: dateOf(body?.occurredAt),
      }),
    }),
    endWalk: async ({ params, body }, { caller }) => ({
      status: 200,
      body: await app.endWalk({
        userId: caller.userId,
        walkId: params.id,
        occurredAt: dateOf(body?.occurredAt),
      }),
    }),
    setSharing: async ({ params, body }, { caller }) => ({
      status: 200,
      body: await app.setSharing({ userId: caller.userId, walkId: params.id, on: body.on }),
    }),
    recordTrack: async ({ params, body }, { caller }) => ({
      status: 202,
      body: await app.recordTrack({
        userId: caller.userId,
        walkId: params.id,
        sentAt: new Date(body.sentAt),
        points: body.points.map(({ lat, lng, accuracyMeters, recordedAt }) => ({
          position: new ExactPosition(lat, lng),
          accuracyMeters,
          recordedAt: new Date(recordedAt),
        })),
      }),
    }),
    listWalks: async ({ query }, { caller }) => {
      const page = await app.listWalks(listOf(caller.userId, query))
      return { status: 200, body: { items: page.items, nextCursor: cursorOf(page.lastId) } }
    },
    listWalkHistory: async ({ query }, { caller }) => {
      const page = await app.listHistory(listOf(caller.userId, query))
      return { status: 200, body: { items: page.items, nextCursor: cursorOf(page.lastId) } }
    },
    getWalk: async ({ params }, { caller }) => ({
      status: 200,
      body: await app.getWalk({ userId: caller.userId, walkId: params.id }),
    }),
    getWalkPositions: async ({ params }, { caller }) => {
      const positions = await app.getPositions({ userId: caller.userId, walkId: params.id })
      return {
        status: 200,
        body: { items: positions.map(shown => ({ ...shown, recordedAt: shown.recordedAt.toISOString() })) },
      }
    },
    getWalkRoute: async ({ params }, { caller }) => {
      const { coordinates, pointsOfInterest } = await app.getRoute({
        userId: caller.userId,
        walkId: params.id,
      })
      return {
        status: 200,
        body: {
          coordinates: coordinates.map(point => ({ ...point, timestamp: point.timestamp.toISOString() })),
          pointsOfInterest: [...pointsOfInterest],
        },
      }
    },
  }
}

const dateOf = (instant: string | null | undefined): Date | undefined =>
  instant ? new Date(instant) : undefined

type ListQuery = OperationInput<typeof walkOperations.listWalks>['query']

const listOf = (userId: string, { status, role, cursor, limit }: ListQuery): ListWalksInput => ({
  userId,
  status,
  role,
  beforeId: idIn(cursor),
  limit,
})
