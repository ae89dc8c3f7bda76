import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { grpcService, type ServedService, type WatchFeed } from '@walking-buddy/grpc'
import type { Application } from '../../../application/index.ts'
import { walkMessage } from '../../walk-message.ts'
import { idOf, recordedPositionOf, requestOf, viewMessage } from './walk-requests.ts'
import type { WindowFrame } from './window-frames.ts'

/** `walkingbuddy.walk.v1.WalkService`; who may call what, proto/callers.yaml says. */
export function walkService(app: Application, windows: WatchFeed<WindowFrame>): ServedService {
  return grpcService(WalkServiceService, walkCallers, {
    requestWalk: async request => ({ walk: viewMessage(await app.requestWalk(requestOf(request))) }),
    acceptWalk: async request => ({ walk: viewMessage(await app.acceptWalk(personAndWalk(request))) }),
    declineWalk: async request => ({ walk: viewMessage(await app.declineWalk(personAndWalk(request))) }),
    cancelWalk: async request => ({ walk: viewMessage(await app.cancelWalk(personAndWalk(request))) }),
    proposeWalk: async ({ matchId, initiatorId, partnerId, expiresAt }) => ({
      walk: walkMessage(
        await app.proposeWalk({
          matchId,
          initiatorId: idOf('initiator_id', initiatorId),
          partnerId: idOf('partner_id', partnerId),
          expiresAt: expiresAt ?? null,
        }),
      ),
    }),
    batchGetWalks: async ({ viewerId, walkIds }) => ({
      walks: (
        await app.batchGetWalks({
          viewerId: idOf('viewer_id', viewerId),
          walkIds: walkIds.map(id => idOf('walk_ids', id)),
        })
      ).map(viewMessage),
    }),
    checkAcquaintance: async ({ userId, otherUserId }) => ({
      acquainted: await app.checkAcquaintance({
        userId: idOf('user_id', userId),
        otherId: idOf('other_user_id', otherUserId),
      }),
    }),
    watchWalks: (_request, send, { signal }) => windows.serve(send, signal),
    recordPositions: async (batches, send) => {
      for await (const { positions } of batches) {
        await app.recordPositions(positions.flatMap(recordedPositionOf))
        const durableSequence = positions.at(-1)?.sequence
        if (durableSequence !== undefined) await send({ durableSequence })
      }
    },
  })
}

const personAndWalk = ({ userId, walkId }: { userId: string; walkId: string }) => ({
  userId: idOf('user_id', userId),
  walkId: idOf('walk_id', walkId),
})
