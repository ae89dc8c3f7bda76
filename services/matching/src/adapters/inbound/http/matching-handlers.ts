import { areaOf } from '@walking-buddy/cells'
import type { matchingOperations } from '@walking-buddy/contracts/rest'
import type { Handlers } from '@walking-buddy/http'
import type { Application } from '../../../application/index.ts'
import type { Card } from '../../../domain/facts.ts'

/** The REST operations of this service. */
export const matchingHandlers = (app: Application): Handlers<typeof matchingOperations> => ({
  async listNearby({ query }, { caller }) {
    const { items, asOf } = await app.listNearby({ viewerId: caller.userId, ...query })
    return { status: 200, body: { items: items.map(nearbyWalkerOf), asOf: asOf.toISOString() } }
  },
})

const nearbyWalkerOf = (card: Card) => ({
  userId: card.userId,
  username: card.username,
  age: card.age,
  gender: card.gender,
  preferredPace: card.pace,
  profilePhotoUrl: card.profilePhotoUrl,
  area: areaOf(card.cell),
  distanceMeters: card.distanceMeters,
  lastSeen: halfHour(card.lastSeenMs),
})

const halfHours = new Map<number, string>()

/** People were seen in the same few half hours: their text is made once. */
function halfHour(timeMs: number): string {
  const known = halfHours.get(timeMs)
  if (known !== undefined) return known
  if (halfHours.size > 1_000) halfHours.clear()
  const text = new Date(timeMs).toISOString()
  halfHours.set(timeMs, text)
  return text
}
