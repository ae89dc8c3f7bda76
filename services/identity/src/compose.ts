import { accessTokens, authenticator } from '@walking-buddy/access'
import { MatchingServiceService, matchingCallers } from '@walking-buddy/contracts/grpc/matching'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { identityOperations } from '@walking-buddy/contracts/rest'
import { unauthenticated } from '@walking-buddy/errors'
import { grpcClient, grpcServer, serviceTokens } from '@walking-buddy/grpc'
import { httpEdge } from '@walking-buddy/http'
import { kafka, producer } from '@walking-buddy/kafka'
import { idempotency, migrate, outboxRelay, postgres, retention } from '@walking-buddy/postgres'
import type { ServiceProcess } from '@walking-buddy/service-kit'
import { createLocalJWKSet } from 'jose'
import { identityService } from './adapters/inbound/grpc/identity-service.ts'
import { revocationFeed } from './adapters/inbound/grpc/revocation-feed.ts'
import { identityHandlers } from './adapters/inbound/http/identity-handlers.ts'
import { housekeeping } from './adapters/inbound/timer/housekeeping.ts'
import { argon2Passwords } from './adapters/outbound/argon2/argon2-passwords.ts'
import { acquaintedByWalks, listedNearby } from './adapters/outbound/grpc/acquaintances.ts'
import { hmacSeals } from './adapters/outbound/hmac/hmac-seals.ts'
import { joseTokens } from './adapters/outbound/jose/jose-tokens.ts'
import { readSigningKeys } from './adapters/outbound/jose/signing-keys.ts'
import { forgetOldRows } from './adapters/outbound/postgres/forget-old-rows.ts'
import { passwordCostsInUse, postgresAccounts } from './adapters/outbound/postgres/postgres-accounts.ts'
import { postgresBlocks } from './adapters/outbound/postgres/postgres-blocks.ts'
import { postgresRegistrations } from './adapters/outbound/postgres/postgres-registrations.ts'
import { recentRevocations } from './adapters/outbound/postgres/postgres-revocations.ts'
import { postgresSessions } from './adapters/outbound/postgres/postgres-sessions.ts'
import { postgresRefusals, postgresThrottles } from './adapters/outbound/postgres/postgres-throttles.ts'
import { postgresTransact, postgresUnit } from './adapters/outbound/postgres/postgres-unit.ts'
import { createApplication } from './application/index.ts'
import type { Config } from './config.ts'

const housekeepingEveryMs = 600_000
const idempotencyKeptMs = 7 * 86_400_000

/** Starts the service; `process.scope` stops it in reverse order. */
export async function compose(
  config: Config,
  process: ServiceProcess,
): Promise<{ httpPort: number; grpcPort: number }> {
  const { scope, log, metrics, health, clock, identifiers } = process
  const keys = await readSigningKeys(config.signing.keysFile)

  const pg = await scope.start('postgres', postgres(config.postgres, { log, metrics, clock }))
  await migrate(pg, new URL('../migrations/', import.meta.url), {
    log,
    mechanisms: ['outbox', 'idempotency'],
  })
  health.require('postgres', () => pg.ready())

  const cluster = await scope.start('kafka', kafka(config.kafka, { log, metrics }))
  const events = await scope.start('producer', producer(cluster, { source: '/identity' }))
  const { url, applicationName } = config.postgres
  const publish = events.publish
  await scope.start('outbox', outboxRelay({ url, applicationName, publish, log, metrics, clock }))

  const tokens = serviceTokens({ service: 'identity', secret: config.serviceToken.secret, clock })
  const peer = { tokens, metrics, clock }
  const { matching, walk } = config.peers
  const matchingClient = await scope.start(
    'matching',
    grpcClient(MatchingServiceService, matchingCallers, { address: matching, service: 'matching' }, peer),
  )
  const walkClient = await scope.start(
    'walk',
    grpcClient(WalkServiceService, walkCallers, { address: walk, service: 'walk' }, peer),
  )

  const recent = (seconds: number) => recentRevocations(pg, seconds)
  const feed = await scope.start('revocations', revocationFeed({ recent, clock, log }))
  const unitOf = postgresUnit({ clock, identifiers, revoked: feed.wake })
  const { issuer, audience } = config.accessToken
  const { accessLifetimeSeconds } = config.signing
  const passwords = await argon2Passwords(config.passwords, {
    metrics,
    randomBytes: identifiers.bytes,
    costsInUse: () => passwordCostsInUse(pg),
  })
  const app = createApplication({
    accounts: postgresAccounts(pg),
    sessions: postgresSessions(pg),
    blocks: postgresBlocks(pg),
    transact: postgresTransact(pg, unitOf),
    registrations: postgresRegistrations(idempotency(pg, { clock }), unitOf),
    refusals: postgresRefusals(pg),
    throttles: postgresThrottles(pg),
    policies: config.login,
    signInsAtOnce: config.signInsAtOnce,
    passwords,
    tokens: joseTokens({ keys, issuer, audience, accessLifetimeSeconds, clock, identifiers }),
    seals: hmacSeals(config.secrets),
    acquaintances: [listedNearby(matchingClient), acquaintedByWalks(walkClient)],
    securityLog: { tokenReused: about => log.warn(about, 'refresh token used twice: session ended') },
    clock,
    identifiers,
  })

  await scope.start('retention', retention({ pg, idempotencyMs: idempotencyKeptMs, log, clock }))
  const endUnused = async (signal: AbortSignal) => {
    while (!signal.aborted && (await app.endUnusedSessions()));
  }
  const chores = {
    endUnusedSessions: endUnused,
    forgetOldRows: (signal: AbortSignal) => forgetOldRows(pg, signal),
    renewStandIns: passwords.renew,
  }
  await scope.start('housekeeping', housekeeping({ chores, everyMs: housekeepingEveryMs, clock, log }))

  const services = [identityService(app, feed)]
  const grpc = await scope.start('grpc', grpcServer({ ...config.grpc, tokens, services, log, metrics }))
  const publicKeys = keys.published
  const reader = accessTokens({ ...config.accessToken, clock, keys: createLocalJWKSet({ keys: publicKeys }) })
  const http = await scope.start(
    'http',
    httpEdge({
      config: config.http,
      operations: identityOperations,
      handlers: identityHandlers(app, { ...config, publicKeys, clock }),
      authenticate: authenticator(reader, {
        async assertActive({ sessionId, userId }) {
          if (!(await app.checkSession(sessionId, userId)))
            throw unauthenticated('session-ended', 'This session has ended: sign in again.')
        },
      }),
      log,
      metrics,
      clock,
    }),
  )
  return { httpPort: http.port, grpcPort: grpc.port }
}
