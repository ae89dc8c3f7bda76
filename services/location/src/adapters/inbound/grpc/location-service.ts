import { cellToken } from '@walking-buddy/cells'
import {
  LocationServiceService,
  locationCallers,
  type PublishedPresence,
} from '@walking-buddy/contracts/grpc/location'
import { invalid } from '@walking-buddy/errors'
import { grpcService, type ServedService } from '@walking-buddy/grpc'
import type {
  GetPublished,
  IngestPositions,
  ListPublished,
  SetAvailability,
  Sharing,
} from '../../../application/index.ts'
import type { AvailabilityView, Published } from '../../../application/ports.ts'
import { servePositions } from './serve-positions.ts'
import { isUserId } from './user-id.ts'

/** What other services ask of this one. */
export const locationService = (app: {
  ingest: IngestPositions
  sharing: Sharing
  setAvailability: SetAvailability
  listPublished: ListPublished
  getPublished: GetPublished
}): ServedService =>
  grpcService(LocationServiceService, locationCallers, {
    streamPositions: (requests, send, { signal }) => servePositions(app, requests, send, signal),

    async setAvailability({ userId, available, until }) {
      if (!isUserId(userId)) throw invalid('invalid-request', 'user_id is not a UUID.')
      const wish = available
        ? {
            available,
            until: until
              ? { kind: 'chosen' as const, atMs: until.getTime() }
              : { kind: 'unchanged' as const },
          }
        : { available }
      return { availability: availabilityOf(await app.setAvailability(userId, wish)) }
    },

    async listPublished(_, send) {
      await app.listPublished(presences => send({ presences: presences.map(presenceOf) }))
    },

    async batchGetPublished({ userIds }) {
      return { presences: (await app.getPublished(userIds.filter(isUserId))).map(presenceOf) }
    },
  })

const presenceOf = ({ userId, version, cell, publishedAtMs, lastSeenMs }: Published): PublishedPresence => ({
  userId,
  version,
  cell: cellToken(cell),
  publishedAt: new Date(publishedAtMs),
  lastSeen: new Date(lastSeenMs),
})

const availabilityOf = ({ available, untilMs, cell }: AvailabilityView) => ({
  available,
  until: untilMs === null ? undefined : new Date(untilMs),
  cell: cell === null ? undefined : cellToken(cell),
})
