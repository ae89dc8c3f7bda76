import { type AccessTokens, accessTokens, revocations } from '@walking-buddy/access'
import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { MatchingServiceService, matchingCallers } from '@walking-buddy/contracts/grpc/matching'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { consumer, kafka } from '@walking-buddy/kafka'
import { migrate, postgres, retention } from '@walking-buddy/postgres'
import type { ServiceProcess } from '@walking-buddy/service-kit'
import { repeatedly } from './adapters/inbound/clock/repeatedly.ts'
import { walkChanges } from './adapters/inbound/kafka/walk-changes.ts'
import { socketServer } from './adapters/inbound/socket/server.ts'
import { availabilityClient } from './adapters/outbound/grpc/availability-client.ts'
import { nearbyStream } from './adapters/outbound/grpc/nearby-stream.ts'
import { positionStreams, type Resolve, resolveByDns } from './adapters/outbound/grpc/position-streams.ts'
import { walkClient } from './adapters/outbound/grpc/walk-client.ts'
import { postgresStreams } from './adapters/outbound/postgres/postgres-streams.ts'
import { streamHints, streamListener } from './adapters/outbound/postgres/stream-hints.ts'
import { type Application, createApplication } from './application/index.ts'
import type { Config } from './config.ts'

const dayMs = 24 * 3_600_000
/** Topics keep 30 days. */
const inboxMs = 31 * dayMs
/** Longer than a group takes to replace a member that died: until then the missing change may still come. */
const maxHoldMs = 10_000

export interface Overrides {
  accessTokens?: AccessTokens
  /** Which instances of location there are. */
  resolve?: Resolve
  random?: () => number
}

export async function compose(
  config: Config,
  process: ServiceProcess,
  overrides: Overrides = {},
): Promise<{ httpPort: number }> {
  const { scope, log, metrics, clock, health, fail } = process
  const tools = { log, metrics, clock, random: overrides.random ?? Math.random }
  const { peers } = config

  const pg = await scope.start('postgres', postgres(config.postgres, tools))
  health.require('postgres', () => pg.ready())
  await migrate(pg, new URL('../migrations/', import.meta.url), { log, mechanisms: ['inbox'] })
  const hub = await scope.start('kafka', kafka(config.kafka, tools))
  health.require('kafka', () => hub.ready())

  const tokens = serviceTokens({ service: process.name, secret: config.serviceToken.secret, clock })
  const locationAt = (address: string) =>
    grpcClient(LocationServiceService, locationCallers, { ...peers.location, address }, { ...tools, tokens })
  const identity = await scope.start(
    'identity',
    grpcClient(IdentityServiceService, identityCallers, peers.identity, { ...tools, tokens }),
  )
  const location = await scope.start('location', locationAt(peers.location.address))
  const matching = await scope.start(
    'matching',
    grpcClient(MatchingServiceService, matchingCallers, peers.matching, { ...tools, tokens }),
  )
  const walk = await scope.start(
    'walk',
    grpcClient(WalkServiceService, walkCallers, peers.walk, { ...tools, tokens }),
  )
  const sessions = await scope.start('revocations', revocations({ identity, clock, log }))

  // What comes down the streams goes to the application, which is made of them.
  let app: Application
  const { positions, partners } = await scope.start(
    'positions',
    positionStreams({
      ...tools,
      address: peers.location.address,
      resolve: overrides.resolve ?? resolveByDns,
      connect: locationAt,
      share: position => app.sharePosition(position),
    }),
  )
  const nearbyLists = await scope.start(
    'nearby',
    nearbyStream({ ...tools, matching, show: (userId, list) => app.showNearby(userId, list) }),
  )
  app = createApplication({
    ...tools,
    accessTokens: overrides.accessTokens ?? accessTokens({ ...config.accessToken, clock }),
    sessions,
    streams: postgresStreams(pg, streamHints(pg, tools)),
    walks: walkClient(walk),
    availabilities: availabilityClient(location),
    positions,
    partnerPositions: partners,
    nearbyLists,
    allowedOrigins: config.allowedOrigins,
    maxSocketsPerUser: config.sockets.maxSocketsPerUser,
  })
  sessions.onRevocation(app.revoke)

  await scope.start('retention', retention({ pg, inboxMs, log, clock }))
  await scope.start('window', repeatedly(600_000, app.pruneStreams, tools))
  await scope.start(
    'held changes',
    repeatedly(5_000, () => app.releaseHeldChanges(maxHoldMs), tools),
  )
  await scope.start(
    'streams',
    consumer(hub, { groupId: 'realtime-streams', topics: walkChanges(app), fail, ...tools }),
  )
  await scope.start('confirmations', async () => ({ value: undefined, stop: app.writeConfirmations }))
  await scope.start(
    'hints',
    streamListener({
      ...tools,
      url: config.postgres.url,
      grown: app.deliverTo,
      reconnected: () => void app.catchUp().catch(() => {}),
    }),
  )
  await scope.start('catch up', repeatedly(2_000, app.catchUp, tools))
  await scope.start('sessions', repeatedly(1_000, app.sweepSessions, tools))
  const { port } = await scope.start(
    'sockets',
    socketServer({ ...tools, config: config.sockets, app, identifiers: process.identifiers }),
  )
  return { httpPort: port }
}
