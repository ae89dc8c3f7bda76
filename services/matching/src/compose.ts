import { hkdfSync } from 'node:crypto'
import { type AccessTokens, accessTokens, authenticator, revocations } from '@walking-buddy/access'
import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { matchingOperations } from '@walking-buddy/contracts/rest'
import { grpcClient, grpcServer, serviceTokens } from '@walking-buddy/grpc'
import { httpEdge } from '@walking-buddy/http'
import { follower, kafka } from '@walking-buddy/kafka'
import { migrate, postgres } from '@walking-buddy/postgres'
import type { Secret, ServiceProcess } from '@walking-buddy/service-kit'
import { matchingService } from './adapters/inbound/grpc/matching-service.ts'
import { matchingHandlers } from './adapters/inbound/http/matching-handlers.ts'
import { facts } from './adapters/inbound/kafka/facts.ts'
import { followRevocations } from './adapters/inbound/watch/follow-revocations.ts'
import { identityAccounts } from './adapters/outbound/grpc/identity-accounts.ts'
import { locationPublished } from './adapters/outbound/grpc/location-published.ts'
import { postgresAreas } from './adapters/outbound/postgres/postgres-areas.ts'
import { accountCompletion } from './application/complete-accounts.ts'
import { houseKeeping } from './application/house-keeping.ts'
import { createApplication } from './application/index.ts'
import { publishedLoading } from './application/load-published.ts'
import type { Config } from './config.ts'
import { keyedOrder } from './domain/keyed-order.ts'
import { Walkers } from './domain/walkers.ts'

/** Starts the service; `process.scope` stops it in reverse order. */
export async function compose(
  config: Config,
  process: ServiceProcess,
  overrides: { accessTokens?: AccessTokens } = {},
): Promise<{ httpPort: number; grpcPort: number; walkers: Walkers }> {
  const { scope, log, metrics, health, clock, identifiers, fail } = process
  const { secret } = config.serviceToken

  const pg = await scope.start('postgres', postgres(config.postgres, { log, metrics, clock }))
  await migrate(pg, new URL('../migrations/', import.meta.url), { log })
  health.require('postgres', () => pg.ready())
  const ledger = postgresAreas(pg, keyFor('areas', secret))
  const cluster = await scope.start('kafka', kafka(config.kafka, { log, metrics }))

  const tokens = serviceTokens({ service: 'matching', secret, clock })
  const peer = { tokens, metrics, clock }
  const { identity, location } = config.peers
  const identityClient = await scope.start(
    'identity',
    grpcClient(IdentityServiceService, identityCallers, { address: identity, service: 'identity' }, peer),
  )
  const locationClient = await scope.start(
    'location',
    grpcClient(LocationServiceService, locationCallers, { address: location, service: 'location' }, peer),
  )
  const accounts = identityAccounts(identityClient)
  const published = locationPublished(locationClient)

  const walkers = new Walkers(keyedOrder(keyFor('order', secret)))
  const revoked = await scope.start('revocations', revocations({ identity: identityClient, clock, log }))
  await scope.start('revoked people', followRevocations({ revocations: revoked, walkers, clock }))
  const { caughtUp } = await scope.start(
    'facts',
    follower(cluster, {
      groupId: 'matching',
      instance: identifiers.uuid(clock.now()),
      topics: facts(walkers),
      from: 'earliest',
      fail,
      clock,
    }),
  )
  const loading = await scope.start('loading', publishedLoading({ walkers, published, caughtUp, clock, log }))
  health.require('nearby index', async () => loading.assertDone())
  const ready = loading.done
  await scope.start('missing accounts', accountCompletion({ walkers, accounts, ready, clock, log }))
  await scope.start('house keeping', houseKeeping({ walkers, accounts, ledger, clock, log }))

  const app = createApplication({
    walkers,
    accounts,
    published,
    ledger,
    revocations: revoked,
    loading,
    clock,
  })
  metrics.gauge('nearby_people', 'People known, and of them listed', ['state'], gauge => {
    gauge.set({ state: 'known' }, walkers.size.people)
    gauge.set({ state: 'listed' }, walkers.size.listed)
  })
  metrics.gauge('nearby_index_bytes', 'Memory of the nearby index', [], gauge =>
    gauge.set(walkers.size.bytes),
  )
  metrics.gauge('nearby_watched_viewers', 'Viewers whose lists are pushed', [], gauge =>
    gauge.set(app.watchNearby.size),
  )

  const services = [matchingService(app)]
  const grpc = await scope.start('grpc', grpcServer({ ...config.grpc, tokens, services, log, metrics }))
  const access = overrides.accessTokens ?? accessTokens({ ...config.accessToken, clock })
  const http = await scope.start(
    'http',
    httpEdge({
      config: config.http,
      operations: matchingOperations,
      handlers: matchingHandlers(app),
      authenticate: authenticator(access, revoked),
      log,
      metrics,
      clock,
    }),
  )
  return { httpPort: http.port, grpcPort: grpc.port, walkers }
}

/** A key of its own for each purpose, the same on every instance. */
const keyFor = (purpose: string, secret: Secret): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `matching ${purpose}`, 32))
