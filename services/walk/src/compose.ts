import { type AccessTokens, accessTokens, authenticator, revocations } from '@walking-buddy/access'
import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { MatchingServiceService, matchingCallers } from '@walking-buddy/contracts/grpc/matching'
import { walkOperations } from '@walking-buddy/contracts/rest/walk'
import { grpcClient, grpcServer, serviceTokens, watchFeed } from '@walking-buddy/grpc'
import { httpEdge } from '@walking-buddy/http'
import { consumer, kafka, producer } from '@walking-buddy/kafka'
import { migrate, outboxRelay, postgres, retention } from '@walking-buddy/postgres'
import type { ServiceProcess } from '@walking-buddy/service-kit'
import { type DueWorker, dueWorker } from './adapters/inbound/clock/due-worker.ts'
import { revocationListener } from './adapters/inbound/grpc/revocation-listener.ts'
import { walkService } from './adapters/inbound/grpc/walk-service.ts'
import { windowFrames, windowId } from './adapters/inbound/grpc/window-frames.ts'
import { walkHandlers } from './adapters/inbound/http/walk-handlers.ts'
import { identityEvents } from './adapters/inbound/kafka/identity-events.ts'
import { identityClient } from './adapters/outbound/grpc/identity-client.ts'
import { matchingClient } from './adapters/outbound/grpc/matching-client.ts'
import { watchedBlocks } from './adapters/outbound/grpc/watched-blocks.ts'
import { mongo } from './adapters/outbound/mongo/mongo.ts'
import { mongoRoutes } from './adapters/outbound/mongo/mongo-routes.ts'
import { postgresBlocks } from './adapters/outbound/postgres/postgres-blocks.ts'
import { postgresPeople } from './adapters/outbound/postgres/postgres-people.ts'
import { postgresTracks } from './adapters/outbound/postgres/postgres-tracks.ts'
import { postgresTransactions } from './adapters/outbound/postgres/postgres-transactions.ts'
import { postgresWalks } from './adapters/outbound/postgres/postgres-walks.ts'
import { postgresWindows } from './adapters/outbound/postgres/postgres-windows.ts'
import { redis } from './adapters/outbound/redis/redis.ts'
import { redisActiveWalks } from './adapters/outbound/redis/redis-active-walks.ts'
import { redisLastPositions } from './adapters/outbound/redis/redis-last-positions.ts'
import { createApplication } from './application/index.ts'
import type { Config } from './config.ts'

const beatMs = 250
/** As long as clients are promised. */
const idempotencyMs = 7 * 24 * 3_600_000
const lookAroundMs = 5_000
const hourMs = 3_600_000

/** Puts the service together, and starts it part by part; the scope stops it in reverse. */
export async function compose(
  config: Config,
  process: ServiceProcess,
  overrides: { accessTokens?: AccessTokens } = {},
): Promise<{ httpPort: number; grpcPort: number }> {
  const { scope, log, metrics, clock, identifiers, health } = process

  const pg = await scope.start('postgres', postgres(config.postgres, { log, metrics, clock }))
  await migrate(pg, new URL('../migrations/', import.meta.url), {
    log,
    mechanisms: ['outbox', 'idempotency'],
  })
  health.require('postgres', () => pg.ready())
  const cache = await scope.start('redis', redis(config.redis, { log }))
  const documents = await scope.start('mongo', mongo(config.mongo))
  const bus = await scope.start('kafka', kafka(config.kafka, { log, metrics }))
  const events = await scope.start('producer', producer(bus, { source: '/walk' }))
  await scope.start(
    'outbox relay',
    outboxRelay({ ...config.postgres, publish: records => events.publish(records), log, metrics, clock }),
  )
  await scope.start('retention', retention({ pg, idempotencyMs, log, clock }))

  const tokens = serviceTokens({ service: 'walk', secret: config.serviceToken.secret, clock })
  const identityGrpc = await scope.start(
    'identity client',
    grpcClient(IdentityServiceService, identityCallers, config.identity, { tokens, metrics, clock }),
  )
  const matchingGrpc = await scope.start(
    'matching client',
    grpcClient(MatchingServiceService, matchingCallers, config.matching, { tokens, metrics, clock }),
  )
  const revoked = await scope.start('revocations', revocations({ identity: identityGrpc, clock, log }))

  const windows = postgresWindows(pg)
  const windowFeed = await scope.start(
    'walk windows',
    watchFeed({ ...windows, idOf: windowId, frames: windowFrames, beatMs, clock, log }),
  )
  const walkEvents = metrics.counter('walk_events_total', 'What has happened to walks.', ['event'])
  let walkClock: DueWorker | undefined
  let measurer: DueWorker | undefined
  const app = createApplication({
    walks: postgresWalks(pg),
    transactions: postgresTransactions(pg, {
      clock,
      identifiers,
      hints: {
        walkChanged: event => {
          windowFeed.wake()
          if (event) walkEvents.inc({ event })
        },
        walkDue: at => walkClock?.expect(at),
        measureDue: at => measurer?.expect(at),
      },
    }),
    tracks: postgresTracks(pg),
    routes: mongoRoutes(documents, { clock }),
    activeWalks: redisActiveWalks(cache),
    lastPositions: redisLastPositions(cache, { clock }),
    people: postgresPeople(pg),
    blocks: watchedBlocks(revoked, postgresBlocks(pg)),
    identity: identityClient(identityGrpc),
    nearby: matchingClient(matchingGrpc),
    clock,
    identifiers,
    log,
    keepDays: config.routes.keepDays,
  })

  const stopListening = revoked.onRevocation(revocationListener(app, log))
  await scope.start('revocation listener', async () => ({
    value: undefined,
    stop: async () => stopListening(),
  }))
  await scope.start(
    'identity events',
    consumer(bus, { groupId: 'walk', topics: identityEvents(app), fail: process.fail, clock }),
  )
  const worker = (work: () => Promise<Date | undefined>, longestSleepMs: number) =>
    dueWorker({ work, longestSleepMs, clock, log })
  walkClock = await scope.start('walk clock', worker(app.passTime, lookAroundMs))
  measurer = await scope.start('walk measurer', worker(app.measureWalks, lookAroundMs))
  await scope.start('route retention', worker(app.forgetRoutes, hourMs))

  const grpc = await scope.start(
    'grpc',
    grpcServer({ ...config.grpc, tokens, services: [walkService(app, windowFeed)], log, metrics }),
  )
  const http = await scope.start(
    'http',
    httpEdge({
      config: config.http,
      operations: walkOperations,
      handlers: walkHandlers(app),
      authenticate: authenticator(
        overrides.accessTokens ?? accessTokens({ ...config.accessToken, clock }),
        revoked,
      ),
      log,
      metrics,
      clock,
    }),
  )
  return { httpPort: http.port, grpcPort: grpc.port }
}
