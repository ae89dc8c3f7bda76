import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { grpcService } from '@walking-buddy/grpc'
import { notPlayed, servePeer } from '../peers/serve-peer.ts'

/** The transport alone: takes everything and does nothing, by unary calls and by the stream. */
const { port } = await servePeer(
  'location',
  grpcService(LocationServiceService, locationCallers, {
    setAvailability: async () => ({ availability: { available: true, until: undefined } }),
    async streamPositions(requests, send) {
      for await (const { message } of requests)
        if (message?.$case === 'reports')
          void send({
            message: {
              $case: 'results',
              value: {
                results: message.value.reports.map(({ sequence }) => ({
                  sequence,
                  code: '',
                  kind: '',
                  detail: '',
                })),
              },
            },
          }).catch(() => {})
    },
    listPublished: notPlayed,
    batchGetPublished: notPlayed,
  }),
)
console.log(JSON.stringify({ port }))
process.once('SIGTERM', () => process.exit(0))
