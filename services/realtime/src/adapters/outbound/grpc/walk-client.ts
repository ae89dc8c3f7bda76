import type { WalkServiceService, WalkView } from '@walking-buddy/contracts/grpc/walk'
import { internal } from '@walking-buddy/errors'
import type { Client } from '@walking-buddy/grpc'
import type { Walk, Walks } from '../../../application/ports.ts'
import { walkJson } from './walk-json.ts'

/** The walk service. */
export function walkClient(
  walk: Pick<
    Client<typeof WalkServiceService>,
    'requestWalk' | 'acceptWalk' | 'declineWalk' | 'cancelWalk' | 'batchGetWalks'
  >,
): Walks {
  return {
    async request(userId, { partnerId, message, meetAt, meetingPoint }, idempotencyKey) {
      const answer = await walk.requestWalk({
        userId,
        partnerId,
        message: message ?? '',
        meetAt: meetAt ? new Date(meetAt) : undefined,
        meetingPoint: meetingPoint
          ? { lat: meetingPoint.lat, lng: meetingPoint.lng, name: meetingPoint.name ?? '' }
          : undefined,
        idempotencyKey: idempotencyKey ?? '',
      })
      return present(answer)
    },
    accept: async (userId, walkId) => present(await walk.acceptWalk({ userId, walkId })),
    decline: async (userId, walkId) => present(await walk.declineWalk({ userId, walkId })),
    cancel: async (userId, walkId) => present(await walk.cancelWalk({ userId, walkId })),
    async seenBy(viewerId, walkIds) {
      const { walks } = await walk.batchGetWalks({ viewerId, walkIds: [...walkIds] })
      return new Map(walks.map(walkJson).map(seen => [seen.id, seen]))
    },
  }
}

function present({ walk }: { walk?: WalkView | undefined }): Walk {
  if (!walk) throw internal('incomplete-walk', 'The walk service answered without a walk.')
  return walkJson(walk)
}
