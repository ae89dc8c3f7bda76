import { isAppError } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import type { Start } from '../domain/resume.ts'
import type { Connections } from './connections.ts'
import type { EventFeed } from './deliver-events.ts'
import type { SessionKeeper } from './keep-sessions.ts'
import type { Connection, Follows } from './ports.ts'
import type { NearbyFeed } from './show-nearby.ts'

export interface Door {
  /** The first thing that a connection is told, and from then on everything that concerns it. */
  welcome(connection: Connection, start: Start): void
  /** It is gone. */
  farewell(connection: Connection): void
}

export function door(deps: {
  connections: Connections
  feed: EventFeed
  nearby: NearbyFeed
  nearbyLists: Follows
  partnerPositions: Follows
  keeper: SessionKeeper
  maxSocketsPerUser: number
  clock: Clock
}): Door {
  const { connections, feed, nearby, nearbyLists, partnerPositions, keeper, clock } = deps

  /** A phone that changes networks leaves dead sockets behind: the oldest make room. */
  const makeRoom = (userId: string): void => {
    const held = connections.ofUser(userId)
    for (const oldest of held.slice(0, Math.max(0, held.length + 1 - deps.maxSocketsPerUser))) oldest.end()
  }

  /** A revocation that came after the session was checked and before its socket was known here hit nothing. */
  const checkAgain = async (connection: Connection): Promise<void> => {
    try {
      await keeper.assertAlive(connection)
    } catch (error) {
      if (isAppError(error) && error.kind === 'unauthenticated') keeper.expire(connection)
    }
  }

  return {
    welcome(connection, { stream, seq, resumed, resync }) {
      const { userId, expiresAtMs } = connection.caller
      makeRoom(userId)
      const expiresInSeconds = Math.max(0, Math.floor((expiresAtMs - clock.now()) / 1000))
      connection.tell('session:ready', {
        stream,
        seq,
        resumed,
        serverTime: new Date(clock.now()).toISOString(),
        expiresInSeconds,
      })
      if (resync) connection.tell('session:resync', { stream, seq })
      if (connections.add(connection)) {
        partnerPositions.follow(userId)
        nearbyLists.follow(userId)
      }
      nearby.greet(connection)
      feed.attach(connection, seq)
      void checkAgain(connection)
    },
    farewell(connection) {
      const { userId } = connection.caller
      feed.detach(connection)
      if (!connections.remove(connection)) return
      partnerPositions.unfollow(userId)
      nearbyLists.unfollow(userId)
      nearby.forget(userId)
    },
  }
}
