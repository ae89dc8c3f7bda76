import type { MatchingServiceService } from '@walking-buddy/contracts/grpc/matching'
import type { WalkServiceService } from '@walking-buddy/contracts/grpc/walk'
import type { Client } from '@walking-buddy/grpc'
import type { Acquaintance } from '../../../application/ports.ts'

/** The subject is on the viewer's present nearby list. */
export const listedNearby =
  (matching: Pick<Client<typeof MatchingServiceService>, 'checkListed'>): Acquaintance =>
  async (viewerId, subjectId) =>
    (await matching.checkListed({ viewerId, subjectIds: [subjectId] })).listedIds.includes(subjectId)

/** The two have an open request, a walk or a conversation in common. */
export const acquaintedByWalks =
  (walk: Pick<Client<typeof WalkServiceService>, 'checkAcquaintance'>): Acquaintance =>
  async (viewerId, subjectId) =>
    (await walk.checkAcquaintance({ userId: viewerId, otherUserId: subjectId })).acquainted
