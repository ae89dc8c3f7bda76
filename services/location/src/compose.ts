import { readFile } from 'node:fs/promises'
import { type AccessTokens, accessTokens, authenticator, revocations } from '@walking-buddy/access'
import { densityFrom, noDensity } from '@walking-buddy/cells'
import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { locationOperations } from '@walking-buddy/contracts/rest'
import { grpcClient, grpcServer, serviceTokens } from '@walking-buddy/grpc'
import { httpEdge } from '@walking-buddy/http'
import { consumer, kafka, producer } from '@walking-buddy/kafka'
import { migrate, outboxRelay, postgres, shardLeases } from '@walking-buddy/postgres'
import type { ServiceProcess } from '@walking-buddy/service-kit'
import { locationService } from './adapters/inbound/grpc/location-service.ts'
import { locationHandlers } from './adapters/inbound/http/location-handlers.ts'
import { accountEvents } from './adapters/inbound/kafka/account-events.ts'
import { followRevocations } from './adapters/inbound/watch/follow-revocations.ts'
import { identityAccounts } from './adapters/outbound/grpc/identity-accounts.ts'
import { walkTracks } from './adapters/outbound/grpc/walk-tracks.ts'
import { watchedWalks } from './adapters/outbound/grpc/watched-walks.ts'
import { intentsChannel, outcomesChannel } from './adapters/outbound/postgres/intent-rows.ts'
import { notifications } from './adapters/outbound/postgres/notifications.ts'
import { postgresAccounts } from './adapters/outbound/postgres/postgres-accounts.ts'
import { postgresIntents } from './adapters/outbound/postgres/postgres-intents.ts'
import { assertKeysPresent, postgresPresences } from './adapters/outbound/postgres/postgres-presences.ts'
import { redisSightings } from './adapters/outbound/redis/redis-sightings.ts'
import { placesVault } from './adapters/outbound/vault/places-vault.ts'
import {
  askForChange,
  checkConsent,
  decidePresences,
  findWhereabouts,
  getPublished,
  ingestPositions,
  keepShards,
  learnAccount,
  listPublished,
  recordTracks,
  rememberedPlaces,
  reportPosition,
  setAvailability,
  shareWithPartners,
  showAvailability,
} from './application/index.ts'
import type { LocationConfig } from './config.ts'
import { shards as shardCount } from './domain/shard.ts'

/** Everything that this service is made of, in the order in which it starts. */
export async function compose(
  config: LocationConfig,
  process: ServiceProcess,
  overrides: { accessTokens?: AccessTokens } = {},
): Promise<{ httpPort: number; grpcPort: number }> {
  const { scope, log, metrics, health, clock, identifiers, fail } = process
  const random = () => identifiers.below(2 ** 32) / 2 ** 32
  const positions = metrics.counter('location_positions_total', 'Positions by what became of them', [
    'outcome',
  ])
  const decisions = metrics.counter('location_decisions_total', 'Decisions on what others see, by cause', [
    'cause',
    'result',
  ])
  const shown = metrics.counter('location_partner_positions_total', 'Positions shown to partners', [])
  const dropped = metrics.counter(
    'location_track_points_dropped_total',
    'Track points given up after 10 minutes',
    [],
  )

  const pg = await scope.start('postgres', postgres(config.postgres, { log, metrics, clock }))
  health.require('postgres', () => pg.ready())
  await migrate(pg, new URL('../migrations/', import.meta.url), { log, mechanisms: ['outbox', 'leases'] })
  const vault = placesVault(config.placesKeys, error =>
    log.error({ err: error }, 'remembered places are damaged'),
  )
  await assertKeysPresent(pg, vault)
  const sightings = await scope.start('redis', redisSightings(config.redis, { clock, log }))
  const density = config.cellsFile === undefined ? noDensity : densityFrom(await readFile(config.cellsFile))
  log.info({ density: density.version }, 'address density')

  const broker = await scope.start('kafka', kafka(config.kafka, { log, metrics }))
  const events = await scope.start('producer', producer(broker, { source: '/location' }))
  await scope.start(
    'outbox',
    outboxRelay({ ...config.postgres, publish: events.publish, log, metrics, clock }),
  )
  const hints = await scope.start(
    'notifications',
    notifications({ ...config.postgres, channels: [intentsChannel, outcomesChannel], clock, log }),
  )

  const tokens = serviceTokens({ service: 'location', secret: config.serviceToken.secret, clock })
  const peer = { tokens, metrics, clock }
  const identity = await scope.start(
    'identity',
    grpcClient(
      IdentityServiceService,
      identityCallers,
      { address: config.peers.identity, service: 'identity' },
      peer,
    ),
  )
  const walk = await scope.start(
    'walk',
    grpcClient(WalkServiceService, walkCallers, { address: config.peers.walk, service: 'walk' }, peer),
  )
  const revoked = await scope.start('revocations', revocations({ identity, clock, log }))
  const owner = identityAccounts(identity)
  const accounts = postgresAccounts(pg)
  const consents = checkConsent({ accounts, owner, revoked, clock })
  const learn = learnAccount({ accounts, consents, sightings, revoked, log })
  // Before anything else is awaited: nothing of the watch's first words may be missed.
  await scope.start('account changes', followRevocations({ revocations: revoked, learn, clock, log }))

  const walks = await scope.start('walks', watchedWalks(walk, { clock, log }))

  const shards = await scope.start(
    'shards',
    shardLeases({
      pg,
      resource: 'presences',
      shards: shardCount,
      holder: identifiers.uuid(clock.now()),
      ttlMs: config.leaseTtlMs,
      log,
      metrics,
      clock,
    }),
  )
  const intents = postgresIntents(pg, { notifications: hints, clock })
  const presences = postgresPresences(pg, { shards, vault, clock, identifiers })
  const whereabouts = findWhereabouts({ sightings, clock })
  const decider = decidePresences({
    presences,
    shards,
    whereabouts,
    walks,
    density,
    clock,
    random,
    decided: (cause, result) => decisions.inc({ cause, result }),
  })
  const ask = askForChange({ decider, intents })

  await scope.start(
    'shard keeper',
    keepShards({ presences, intents, shards, decider, whereabouts, clock, log }),
  )
  await scope.start(
    'accounts',
    consumer(broker, { groupId: 'location', topics: accountEvents(learn), fail, clock }),
  )
  const places = rememberedPlaces({ presences, clock })
  const tracks = await scope.start(
    'tracks',
    recordTracks({ keeper: walkTracks(walk), clock, log, random, dropped: points => dropped.inc(points) }),
  )
  const sharing = await scope.start(
    'sharing',
    shareWithPartners({
      walks,
      sightings,
      places,
      revoked,
      owner,
      clock,
      log,
      shown: count => shown.inc(count),
    }),
  )

  const ingest = ingestPositions({
    consents,
    sightings,
    walks,
    places,
    tracks,
    sharing,
    decider,
    ask,
    clock,
    log,
    counted: (outcome, count) => positions.inc({ outcome }, count),
  })
  const app = {
    ingest,
    sharing,
    reportPosition: reportPosition(ingest),
    setAvailability: setAvailability({ consents, ask, clock }),
    showAvailability: showAvailability({ presences, whereabouts, walks, clock }),
    listPublished: listPublished(presences),
    getPublished: getPublished(presences),
  }
  const grpc = await scope.start(
    'grpc',
    grpcServer({ ...config.grpc, tokens, services: [locationService(app)], log, metrics }),
  )
  const access = overrides.accessTokens ?? accessTokens({ ...config.accessToken, clock })
  const http = await scope.start(
    'http',
    httpEdge({
      config: config.http,
      operations: locationOperations,
      handlers: locationHandlers(app),
      authenticate: authenticator(access, revoked),
      log,
      metrics,
      clock,
    }),
  )
  return { httpPort: http.port, grpcPort: grpc.port }
}
