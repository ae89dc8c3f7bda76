import { deltaOf } from '../domain/nearby-delta.ts'
import type { Connections } from './connections.ts'
import type { Connection, Nearby } from './ports.ts'

/** Tells every connection what has changed on its user's nearby list since it was last told. */
export interface NearbyFeed {
  /** The whole list of one user as it is now. */
  show(userId: string, list: Nearby): void
  /** A further connection of somebody whose list may be known already. */
  greet(connection: Connection): void
  /** Nobody is left to be told. */
  forget(userId: string): void
}

export function nearbyFeed(connections: Connections): NearbyFeed {
  const latest = new Map<string, Nearby>()
  const told = new WeakMap<Connection, Nearby>()

  const offer = (connection: Connection): void =>
    connection.offer(
      'users:nearby',
      'nearby',
      () => {
        const now = latest.get(connection.caller.userId)
        if (!now) return undefined
        const delta = deltaOf(told.get(connection), now)
        told.set(connection, now)
        return delta
      },
      Number.POSITIVE_INFINITY,
    )

  return {
    show(userId, list) {
      const viewers = connections.ofUser(userId)
      if (viewers.length === 0) return
      latest.set(userId, list)
      for (const connection of viewers) offer(connection)
    },
    greet: offer,
    forget: userId => void latest.delete(userId),
  }
}
