import type { MatchingServiceService } from '@walking-buddy/contracts/grpc/matching'
import type { Client } from '@walking-buddy/grpc'
import type { Nearby } from '../../../application/ports.ts'
import { answered } from './answered.ts'

export const matchingClient = (client: Client<typeof MatchingServiceService>): Nearby => ({
  async isListed(viewerId, subjectId) {
    const { listedIds } = await answered(client.checkListed({ viewerId, subjectIds: [subjectId] }))
    return listedIds.includes(subjectId)
  },
})
