import type { RecordPositionsResponse, WalkServiceService } from '@walking-buddy/contracts/grpc/walk'
import type { Client } from '@walking-buddy/grpc'
import type { TrackKeeper } from '../../../application/ports.ts'

/** Walk's long-lived stream for tracks. */
export const walkTracks = (walk: Client<typeof WalkServiceService>): TrackKeeper => ({
  open(signal) {
    const call = walk.recordPositions({ signal })
    return {
      send: points =>
        call.send({
          positions: points.map(
            ({ sequence, walkId, userId, position, accuracyMeters, recordedAtMs, nearPlace }) => ({
              sequence,
              walkId,
              userId,
              ...position.reveal(),
              accuracyMeters,
              recordedAt: new Date(recordedAtMs),
              nearPlace,
            }),
          ),
        }),
      durable: sequences(call.responses),
    }
  },
})

async function* sequences(responses: AsyncIterable<RecordPositionsResponse>): AsyncIterable<number> {
  for await (const { durableSequence } of responses) yield durableSequence
}
