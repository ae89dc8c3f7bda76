import { cellToken } from '@walking-buddy/cells'
import {
  MatchingServiceService,
  matchingCallers,
  type NearbyWalker,
  type WatchNearbyRequest,
  type WatchNearbyResponse,
} from '@walking-buddy/contracts/grpc/matching'
import { invalid } from '@walking-buddy/errors'
import { grpcService, type ServedService } from '@walking-buddy/grpc'
import { z } from 'zod'
import type { Application } from '../../../application/index.ts'
import type { NearbyUpdate, ViewersChange } from '../../../application/watch-nearby.ts'
import type { Card } from '../../../domain/facts.ts'

const mostSubjects = 100
const uuid = z.guid()

/** What other services ask of matching. */
export const matchingService = (app: Application): ServedService =>
  grpcService(MatchingServiceService, matchingCallers, {
    async checkListed({ viewerId, subjectIds }) {
      if (subjectIds.length > mostSubjects)
        throw invalid('invalid-request', `At most ${mostSubjects} subjects at once.`)
      const [viewer, ...subjects] = ids([viewerId, ...subjectIds])
      return { listedIds: await app.checkListed(viewer!, subjects) }
    },
    watchNearby: (requests, send, { signal }) =>
      app.watchNearby.serve(changesOf(requests), update => send(responseOf(update)), signal),
  })

async function* changesOf(requests: AsyncIterable<WatchNearbyRequest>): AsyncGenerator<ViewersChange> {
  for await (const { addViewerIds, removeViewerIds } of requests)
    yield { add: ids(addViewerIds), remove: ids(removeViewerIds) }
}

function ids(given: readonly string[]): string[] {
  if (!given.every(id => uuid.safeParse(id).success)) throw invalid('invalid-request', 'Ids are UUIDs.')
  return given.map(id => id.toLowerCase())
}

const responseOf = ({ viewerId, items, asOf }: NearbyUpdate): WatchNearbyResponse => ({
  viewerId,
  walkers: items.map(nearbyWalkerOf),
  asOf,
})

const nearbyWalkerOf = (card: Card): NearbyWalker => ({
  userId: card.userId,
  username: card.username,
  age: card.age,
  gender: card.gender ?? '',
  preferredPace: card.pace,
  profilePhotoUrl: card.profilePhotoUrl ?? '',
  cell: cellToken(card.cell),
  distanceMeters: card.distanceMeters,
  lastSeen: new Date(card.lastSeenMs),
})
