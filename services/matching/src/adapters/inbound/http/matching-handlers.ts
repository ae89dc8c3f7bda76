import { areaOf } from '@walking-buddy/cells'
import type { matchingOperations } from '@walking-buddy/contracts/rest'
import type { Handlers } from '@walking-buddy/http'
import type { Application } from '../../../application/index.ts'
import type { ListedWalker } from '../../../application/list-nearby.ts'

/** The REST operations of this service. */
export const matchingHandlers = (app: Application): Handlers<typeof matchingOperations> => ({
  async listNearby({ query }, { caller }) {
    const { items, asOf } = await app.listNearby({ viewerId: caller.userId, ...query })
    return { status: 200, body: { items: items.map(nearbyWalkerOf), asOf: asOf.toISOString() } }
  },
})

const nearbyWalkerOf = (walker: ListedWalker) => ({
  userId: walker.userId,
  username: walker.username,
  age: walker.age,
  gender: walker.gender,
  preferredPace: walker.pace,
  profilePhotoUrl: walker.profilePhotoUrl,
  area: areaOf(walker.cell),
  distanceMeters: walker.distanceMeters,
  lastSeen: new Date(walker.lastSeenMs).toISOString(),
})
