import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestAccess, testAccess } from '@walking-buddy/access/testing'
import type { WalkView } from '@walking-buddy/contracts/grpc/walk'
import type { DurableEventName } from '@walking-buddy/contracts/socket'
import * as topics from '@walking-buddy/contracts/topics'
import { type EventRecord, eventRecord, kafka, producer } from '@walking-buddy/kafka'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { type TestProcess, testDatabase, testProcess, testTopics, until } from '@walking-buddy/testkit'
import { compose, type Overrides } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { identityStandIn, locationStandIn, matchingStandIn, sharedSecret, walkStandIn } from './stand-ins.ts'

const codecs = {
  'walk:requested': topics.walkRequested,
  'walk:accepted': topics.walkAccepted,
  'walk:declined': topics.walkDeclined,
  'walk:cancelled': topics.walkCancelled,
  'walk:expired': topics.walkExpired,
  'walk:started': topics.walkStarted,
  'walk:completed': topics.walkCompleted,
  'walk:updated': topics.walkUpdated,
} as const satisfies Record<DurableEventName, unknown>

const specs = topics.topicSpecs.filter(({ name }) => name.startsWith('walk.'))

export interface Instance {
  port: number
  process: TestProcess
  stop(): Promise<void>
}

export interface InstanceProcess {
  port: number
  child: ChildProcess
  /** As a machine that loses its power. */
  kill(): Promise<void>
}

/** Everything that instances of realtime stand among: real stores, and neighbours that do as they are told. */
export type Mesh = Awaited<ReturnType<typeof mesh>>

export async function mesh() {
  const [database, kafkaTopics, access, identity, location, matching, walk] = await Promise.all([
    testDatabase('realtime'),
    testTopics(specs),
    testAccess(),
    identityStandIn(),
    locationStandIn(),
    matchingStandIn(),
    walkStandIn(),
  ])
  const jwks = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(access.jwks)),
  )
  await new Promise<void>(resolve => jwks.listen(0, '127.0.0.1', resolve))
  const hub = await kafka(
    { brokers: kafkaTopics.brokers, clientId: 'test', topicPrefix: kafkaTopics.prefix },
    { log: silentLogger(), metrics: createMetrics({ service: 'test' }) },
  )('kafka')
  const publisher = await producer(hub.value, { source: '/walk' })('producer')
  const running = new Set<{ stop(): Promise<void> }>()

  const environment = {
    HOST: '127.0.0.1',
    HTTP_PORT: '0',
    OPS_PORT: '0',
    POSTGRES_URL: database.url,
    POSTGRES_POOL: '5',
    KAFKA_BROKERS: kafkaTopics.brokers.join(','),
    TOPIC_PREFIX: kafkaTopics.prefix,
    SERVICE_TOKEN_SECRET: sharedSecret,
    JWKS_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks.json`,
    IDENTITY_GRPC: identity.address,
    LOCATION_GRPC: location.address,
    MATCHING_GRPC: matching.address,
    WALK_GRPC: walk.address,
    PROPAGATION_MS: '0',
  }

  return {
    database,
    access,
    identity,
    location,
    matching,
    walk,
    environment,

    /** An instance within the test's own process. */
    async instance(more: Record<string, string> = {}, overrides: Overrides = {}): Promise<Instance> {
      const process = testProcess('realtime')
      const { httpPort } = await compose(loadConfig({ ...environment, ...more }), process, {
        accessTokens: access.tokens,
        ...overrides,
      })
      const instance = { port: httpPort, process, stop: () => process.stop() }
      running.add(instance)
      return instance
    },

    /** An instance as a process of its own. */
    async instanceProcess(port: number): Promise<InstanceProcess> {
      const child = spawn(process.execPath, ['src/main.ts'], {
        cwd: new URL('../..', import.meta.url),
        env: { ...process.env, ...environment, HTTP_PORT: String(port), LOG_LEVEL: 'warn' },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
      const kill = async () => {
        child.kill('SIGKILL')
        await gone
      }
      running.add({ stop: kill })
      await until(() => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status === 404), {
        withinMs: 30_000,
        what: 'an instance of its own',
      })
      return { port, child, kill }
    },

    /** A signed-in person. */
    async person(claims: Parameters<TestAccess['sign']>[1] = {}) {
      const userId = randomUUID()
      const sessionId = claims.sessionId ?? randomUUID()
      return { userId, sessionId, token: await access.sign(userId, { ...claims, sessionId }) }
    },

    /** The record that walk's outbox sends for a change. */
    change: (name: DurableEventName, view: WalkView, id: string = randomUUID()): EventRecord =>
      eventRecord(codecs[name], { walk: view.walk, occurredAt: new Date() }, { id, time: new Date() }),

    publish: (...records: EventRecord[]) => publisher.value.publish(records),

    streamOf: async (userId: string) =>
      (
        await database.query<{ seq: string; confirmed_seq: string }>(
          'SELECT seq, confirmed_seq FROM user_streams WHERE user_id = $1',
          [userId],
        )
      )[0],

    async end() {
      await Promise.all([...running].map(instance => instance.stop()))
      await publisher.stop?.(AbortSignal.timeout(1_000))
      await hub.stop?.(AbortSignal.timeout(1_000))
      jwks.close()
      await Promise.all([identity.stop(), location.stop(), matching.stop(), walk.stop()])
      await kafkaTopics.drop()
      await database.drop()
    },
  }
}
