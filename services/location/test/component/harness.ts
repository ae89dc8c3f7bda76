import { randomBytes, randomUUID } from 'node:crypto'
import { testAccess } from '@walking-buddy/access/testing'
import type { User } from '@walking-buddy/contracts/grpc/identity'
import {
  LocationServiceService,
  type LocationUpdated,
  locationCallers,
} from '@walking-buddy/contracts/grpc/location'
import { locationUpdated, topicSpecs, userPreferencesUpdated } from '@walking-buddy/contracts/topics'
import { type Client, grpcClient, serviceTokens } from '@walking-buddy/grpc'
import {
  type EventRecord,
  eventRecord,
  follower,
  kafka,
  on,
  producer,
  type ReceivedEvent,
} from '@walking-buddy/kafka'
import { type Clock, createScope, secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import {
  engineUrls,
  randomName,
  type TestProcess,
  testDatabase,
  testProcess,
  testTopics,
  until,
} from '@walking-buddy/testkit'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { standInIdentity, standInWalk } from './stand-ins.ts'

export { until }

/** Real time whose wall clock can be moved on, or held. */
export function shiftableClock(): Clock & { shift(byMs: number): void; hold(): void } {
  let shiftedMs = 0
  let heldMs: number | undefined
  return {
    ...systemClock,
    now: () => (heldMs ?? systemClock.now()) + shiftedMs,
    shift(byMs) {
      shiftedMs += byMs
    },
    hold() {
      heldMs = systemClock.now()
    },
  }
}

export interface Instance {
  process: TestProcess
  baseUrl: string
  grpcAddress: string
  grpc: Client<typeof LocationServiceService>
  stop(): Promise<void>
}

const topics = [
  'user.registered',
  'user.profile_updated',
  'user.preferences_updated',
  'user.suspended',
  'location.updated',
]
const serviceSecret = randomBytes(32).toString('hex')

/** A world for one test file: own database, topics and Redis keys, identity and walk as stand-ins. */
export async function startWorld(options: { redisDatabase?: number; env?: Record<string, string> } = {}) {
  const clock = shiftableClock()
  const database = await testDatabase('location')
  const { prefix, drop } = await testTopics(
    topicSpecs.filter(({ name }) => topics.includes(name.replace(/\.dlq$/, ''))),
  )
  const access = await testAccess()
  const tokensOf = (service: string) =>
    serviceTokens({ service, secret: secret().parse(serviceSecret), clock })
  const identity = standInIdentity(tokensOf('identity'), clock)
  const walk = standInWalk(tokensOf('walk'), clock)
  await identity.start()
  await walk.start()

  const redisUrl = new URL(engineUrls.redis)
  if (options.redisDatabase !== undefined) redisUrl.pathname = `/${options.redisDatabase}`
  const env = {
    HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    OPS_PORT: '0',
    POSTGRES_URL: database.url,
    POSTGRES_POOL: '5',
    KAFKA_BROKERS: engineUrls.kafka.join(','),
    TOPIC_PREFIX: prefix,
    SERVICE_TOKEN_SECRET: serviceSecret,
    REDIS_URL: redisUrl.href,
    REDIS_PREFIX: `${randomName('location')}:`,
    IDENTITY_GRPC: identity.address(),
    WALK_GRPC: walk.address(),
    PLACES_KEY: `k1:${randomBytes(32).toString('base64')}`,
    LEASE_TTL_MS: '1200',
    PROPAGATION_MS: '0',
    ...options.env,
  }

  const scope = createScope(silentLogger())
  const tools = { log: silentLogger(), metrics: createMetrics({ service: 'test' }) }
  const broker = await scope.start(
    'kafka',
    kafka({ brokers: engineUrls.kafka, clientId: 'test', topicPrefix: prefix }, tools),
  )
  const events = await scope.start('producer', producer(broker, { source: '/identity' }))
  const updates: ReceivedEvent<LocationUpdated | null>[] = []
  const keep = async (event: ReceivedEvent<LocationUpdated | null>) => void updates.push(event)
  await scope.start(
    'updates',
    follower(broker, {
      groupId: 'test',
      instance: randomUUID(),
      from: 'earliest',
      topics: [on(locationUpdated, keep, keep)],
      fail: () => {},
    }),
  )
  const clients = createScope(silentLogger())
  const clientOf = (address: string, caller: string) =>
    clients.start(
      `client of ${address}`,
      grpcClient(
        LocationServiceService,
        locationCallers,
        { address, service: 'location' },
        { tokens: tokensOf(caller), metrics: tools.metrics, clock },
      ),
    )

  const instances = new Set<Instance>()
  return {
    clock,
    database,
    access,
    identity,
    walk,
    updates,
    env,
    broker,
    clientOf,
    /** What was told of one person, in order. */
    told: (userId: string) =>
      updates.filter(({ key }) => key === userId).map(({ value }) => value?.presence ?? null),
    async startInstance(extra: Record<string, string> = {}): Promise<Instance> {
      const process = testProcess('location', { clock })
      const { httpPort, grpcPort } = await compose(loadConfig({ ...env, ...extra }), process, {
        accessTokens: access.tokens,
      })
      const instance: Instance = {
        process,
        baseUrl: `http://127.0.0.1:${httpPort}`,
        grpcAddress: `127.0.0.1:${grpcPort}`,
        grpc: await clientOf(`127.0.0.1:${grpcPort}`, 'realtime'),
        stop: async () => {
          instances.delete(instance)
          await process.stop()
        },
      }
      instances.add(instance)
      return instance
    },
    /** A person, with or without consent, and their way to call. */
    async person(about: { consent?: boolean } = {}) {
      const userId = randomUUID()
      if (about.consent ?? true) identity.consent(userId, true)
      const token = await access.sign(userId)
      const call = async (instance: Instance, method: string, path: string, body?: unknown) => {
        const response = await fetch(`${instance.baseUrl}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        const text = await response.text()
        return {
          status: response.status,
          headers: response.headers,
          text,
          body: text ? JSON.parse(text) : undefined,
        }
      }
      return {
        userId,
        call,
        report: (instance: Instance, position: object) =>
          call(instance, 'PUT', '/api/users/location', position),
        switchOn: (instance: Instance, about: object = {}) =>
          call(instance, 'PUT', '/api/users/availability', { available: true, ...about }),
        switchOff: (instance: Instance) =>
          call(instance, 'PUT', '/api/users/availability', { available: false }),
        availability: (instance: Instance) => call(instance, 'GET', '/api/users/availability'),
      }
    },
    /** As identity's outbox would send it. */
    publishUser: (user: User) =>
      events.publish([
        eventRecord(
          userPreferencesUpdated,
          { user, occurredAt: new Date() },
          { id: randomUUID(), time: new Date() },
        ),
      ]),
    publish: (records: EventRecord[]) => events.publish(records),
    async stop() {
      const ending = [...instances].map(instance => instance.stop())
      await Promise.all([...ending, clients.stop(3_000), scope.stop(5_000)])
      await Promise.all([identity.stop(), walk.stop(), database.drop(), drop()])
    },
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>

/** One stream of a realtime instance. */
export function openStream(client: Client<typeof LocationServiceService>) {
  const end = new AbortController()
  const call = client.streamPositions({ signal: end.signal })
  const results = new Map<number, { code: string; kind: string }>()
  const partners: {
    recipientId: string
    walkId: string
    userId: string
    lat: number
    lng: number
    recordedAt?: Date | undefined
  }[] = []
  let sequence = 0
  const reading = (async () => {
    for await (const { message } of call.responses) {
      if (message?.$case === 'results')
        for (const result of message.value.results) results.set(result.sequence, result)
      if (message?.$case === 'partnerPositions') partners.push(...message.value.positions)
    }
  })().catch(() => {})
  return {
    results,
    partners,
    subscribe: (addUserIds: string[], removeUserIds: string[] = []) =>
      call.send({ message: { $case: 'subscription', value: { addUserIds, removeUserIds } } }),
    /** Sends reports; resolves with their results. */
    async report(
      reports: {
        userId: string
        lat: number
        lng: number
        accuracyMeters?: number
        recordedAt?: Date
        sentAt?: Date
      }[],
    ) {
      const numbered = reports.map(report => ({ ...report, sequence: ++sequence }))
      await call.send({ message: { $case: 'reports', value: { reports: numbered } } })
      return Promise.all(
        numbered.map(one => until(() => results.get(one.sequence), { what: 'a result', withinMs: 5_000 })),
      )
    },
    async close() {
      end.abort()
      await reading
    },
  }
}
