import { createClient } from '@redis/client'
import { testAccess } from '@walking-buddy/access/testing'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { topicSpecs } from '@walking-buddy/contracts/topics'
import { type Client, grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { createScope, secret } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import {
  engineUrls,
  randomName,
  type TestDatabase,
  type TestProcess,
  testDatabase,
  testProcess,
  testTopics,
} from '@walking-buddy/testkit'
import { MongoClient } from 'mongodb'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { type Phone, phone, type WalkJson } from './phone.ts'
import { type ShiftingClock, shiftingClock } from './shifting-clock.ts'
import { serviceSecret, type Town, town } from './town.ts'

export type WalkClient = Client<typeof WalkServiceService>

/** The walk service, composed on real stores, among stand-ins of its neighbours. */
export interface World {
  clock: ShiftingClock
  town: Town
  database: TestDatabase
  /** Sees the service's keys only. */
  redis: ReturnType<typeof prefixedRedis>
  forgetRedis(): Promise<void>
  routes: ReturnType<ReturnType<MongoClient['db']>['collection']>
  kafka: { brokers: string[]; topicPrefix: string }
  process: TestProcess
  /** What the service was configured with; to run it once more. */
  env: Record<string, string>
  url(): string
  /** As another service of the mesh. */
  as(service: string): Promise<WalkClient>
  phone(userId?: string, at?: () => string): Promise<Phone>
  /** A second instance of the service on the same stores; gives its URL. */
  another(): Promise<() => string>
  /** Two people, the first of whom has the second on the list. */
  pair(): Promise<[Phone, Phone]>
  requested(by: Phone, partner: Phone, more?: Record<string, unknown>): Promise<WalkJson>
  accepted(by: Phone, partner: Phone, more?: Record<string, unknown>): Promise<WalkJson>
  started(by: Phone, partner: Phone): Promise<WalkJson>
  restart(): Promise<void>
  stop(): Promise<void>
}

const prefixedRedis = (keyPrefix: string) => createClient({ url: engineUrls.redis, keyPrefix })

export async function world(overrides: Record<string, string> = {}): Promise<World> {
  const clock = shiftingClock()
  const scope = createScope(silentLogger())
  const access = await testAccess()
  const name = randomName('walk')
  const [neighbours, database, topics] = await Promise.all([
    town(scope, { clock, log: silentLogger() }),
    testDatabase('walk'),
    testTopics(topicSpecs.filter(({ name }) => /^(user|walk)\./.test(name))),
  ])
  const redis = prefixedRedis(`${name}:`)
  await redis.connect()
  const mongo = new MongoClient(engineUrls.mongo)
  const env = {
    POSTGRES_URL: database.url,
    REDIS_URL: engineUrls.redis,
    REDIS_PREFIX: `${name}:`,
    MONGO_URL: engineUrls.mongo,
    MONGO_DATABASE: name,
    KAFKA_BROKERS: topics.brokers.join(','),
    TOPIC_PREFIX: topics.prefix,
    SERVICE_TOKEN_SECRET: serviceSecret,
    IDENTITY_GRPC: neighbours.identityAddress,
    MATCHING_GRPC: neighbours.matchingAddress,
    HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    OPS_PORT: '0',
    PROPAGATION_MS: '0',
    ...overrides,
  }
  const run = async () => {
    const process = testProcess('walk', { clock })
    return { process, ports: await compose(loadConfig(env), process, { accessTokens: access.tokens }) }
  }
  let running = await run()
  const others: TestProcess[] = []
  const url = (): string => `http://127.0.0.1:${running.ports.httpPort}`

  const requested: World['requested'] = async (by, partner, more = {}) => {
    neighbours.list(by.userId, partner.userId)
    const { status, body } = await by.request(partner.userId, more)
    if (status !== 201) throw new Error(`request is ${status} ${JSON.stringify(body)}`)
    return body as WalkJson
  }
  const accepted: World['accepted'] = async (by, partner, more) => {
    const { id } = await requested(by, partner, more)
    const { status, body } = await partner.put(id, 'accept')
    if (status !== 200) throw new Error(`accept is ${status} ${JSON.stringify(body)}`)
    return body as WalkJson
  }

  /** What FLUSHALL would do to the service, and to nobody else. */
  const forget = async (): Promise<void> => {
    const keys = await redis.keys(`${name}:*`)
    for (const key of keys) await redis.del(key.slice(name.length + 1))
  }

  return {
    clock,
    forgetRedis: forget,
    town: neighbours,
    database,
    redis,
    routes: mongo.db(name).collection('walk_routes'),
    kafka: { brokers: topics.brokers, topicPrefix: topics.prefix },
    get process() {
      return running.process
    },
    env,
    url,
    as: service =>
      scope.start(
        `walk as ${service}`,
        grpcClient(
          WalkServiceService,
          walkCallers,
          { service: 'walk', address: `127.0.0.1:${running.ports.grpcPort}` },
          {
            tokens: serviceTokens({ service, secret: secret().parse(serviceSecret), clock }),
            metrics: createMetrics({ service }),
            clock,
          },
        ),
      ),
    phone: async (userId = neighbours.newcomer().userId, at = url) => phone(at, access, userId),
    async another() {
      const { process, ports } = await run()
      others.push(process)
      return () => `http://127.0.0.1:${ports.httpPort}`
    },
    async pair() {
      const [one, other] = [neighbours.newcomer().userId, neighbours.newcomer().userId]
      neighbours.list(one, other)
      return Promise.all([phone(url, access, one), phone(url, access, other)])
    },
    requested,
    accepted,
    async started(by, partner) {
      const { id } = await accepted(by, partner)
      const { status, body } = await by.post(id, 'start')
      if (status !== 200) throw new Error(`start is ${status}`)
      return body as WalkJson
    },
    async restart() {
      await running.process.stop()
      running = await run()
    },
    async stop() {
      await Promise.all([running.process, ...others].map(process => process.stop()))
      await scope.stop(10_000)
      await forget()
      redis.destroy()
      await mongo.db(name).dropDatabase()
      await mongo.close()
      await Promise.all([database.drop(), topics.drop()])
    },
  }
}
