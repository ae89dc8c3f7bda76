import type { AccessTokens, Revocations } from '@walking-buddy/access'
import type { ClientEventName, clientEvents } from '@walking-buddy/contracts/socket'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Clock } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import type { z } from 'zod'
import { confirmations } from './confirm-events.ts'
import { connections } from './connections.ts'
import { eventFeed } from './deliver-events.ts'
import { sessionKeeper } from './keep-sessions.ts'
import { lookUpWalks } from './look-up-walks.ts'
import { openSession } from './open-session.ts'
import type { Availabilities, Connection, Follows, Positions, Streams, Walks } from './ports.ts'
import { sharePosition } from './share-position.ts'
import { nearbyFeed } from './show-nearby.ts'
import { door } from './welcome.ts'

/** What each client event does, and what it answers. */
export type ClientEventHandlers = {
  [N in ClientEventName]: (
    connection: Connection,
    payload: z.output<(typeof clientEvents)[N]['payload']>,
  ) => Promise<z.input<(typeof clientEvents)[N]['data']>>
}

/** How long location keeps a position. */
const positionLifeSeconds = 300

export type Application = ReturnType<typeof createApplication>

export function createApplication(deps: {
  accessTokens: AccessTokens
  sessions: Revocations
  streams: Streams
  walks: Walks
  availabilities: Availabilities
  positions: Positions
  partnerPositions: Follows
  nearbyLists: Follows
  allowedOrigins: readonly string[]
  maxSocketsPerUser: number
  clock: Clock
  random: () => number
  log: Logger
  metrics: Metrics
}) {
  const { walks, availabilities, positions, streams } = deps
  const open = connections()
  const confirmed = confirmations(deps)
  const feed = eventFeed({ ...deps, lookUp: lookUpWalks(deps), confirmations: confirmed })
  const nearby = nearbyFeed(open)
  const keeper = sessionKeeper({ ...deps, connections: open })
  const { welcome, farewell } = door({ ...deps, connections: open, feed, nearby, keeper })

  const clientEvents: ClientEventHandlers = {
    'location:update': async ({ caller }, { lat, lng, ...report }) => {
      await positions.report(caller.userId, { ...report, position: new ExactPosition(lat, lng) })
      return { expiresInSeconds: positionLifeSeconds }
    },
    'presence:online': ({ caller }, payload) =>
      availabilities.set(caller.userId, true, payload?.until ? new Date(payload.until) : undefined),
    'presence:offline': ({ caller }) => availabilities.set(caller.userId, false, undefined),
    'walk:request': ({ caller }, { requestId, ...request }) =>
      walks.request(caller.userId, request, requestId),
    'walk:accept': ({ caller }, { walkId }) => walks.accept(caller.userId, walkId),
    'walk:decline': ({ caller }, { walkId }) => walks.decline(caller.userId, walkId),
    'walk:cancel': ({ caller }, { walkId }) => walks.cancel(caller.userId, walkId),
    'session:refresh': async (connection, { token }) => ({
      expiresInSeconds: await keeper.refresh(connection, token),
    }),
  }

  return {
    openSession: openSession(deps),
    welcome,
    farewell,
    clientEvents,
    assertAlive: keeper.assertAlive,
    expire: keeper.expire,
    sweepSessions: keeper.sweep,
    revoke: keeper.revoke,
    recordWalkChange: streams.record,
    releaseHeldChanges: streams.releaseHeld,
    pruneStreams: streams.prune,
    deliverTo: feed.wake,
    catchUp: () => feed.catchUp(),
    writeConfirmations: confirmed.flush,
    showNearby: nearby.show,
    sharePosition: sharePosition({ ...deps, connections: open }),
    openConnections: () => open.all(),
    countConnections: () => open.size,
  }
}
