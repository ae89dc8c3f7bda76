import { randomUUID } from 'node:crypto'
import { testAccess } from '@walking-buddy/access/testing'
import { type CellSide, cellAt, cellToken } from '@walking-buddy/cells'
import type { User } from '@walking-buddy/contracts/grpc/identity'
import type { PublishedPresence } from '@walking-buddy/contracts/grpc/location'
import { MatchingServiceService, matchingCallers } from '@walking-buddy/contracts/grpc/matching'
import { locationUpdated, topicSpecs, userBlocked, userProfileUpdated } from '@walking-buddy/contracts/topics'
import { grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { type EventRecord, eventRecord, kafka, producer } from '@walking-buddy/kafka'
import { type Clock, createScope, systemClock, systemIdentifiers } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { testDatabase, testProcess, testTopics, until } from '@walking-buddy/testkit'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { sharedSecret, standInOwners, userOf } from './stand-in-owners.ts'

export interface Item {
  userId: string
  username: string
  age: number
  gender: string | null
  preferredPace: string
  profilePhotoUrl: string | null
  area: { lat: number; lng: number; radiusMeters: number }
  distanceMeters: number
  lastSeen: string
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  body: { items: Item[]; asOf: string; code: string }
}

export interface PersonGiven {
  user?: Parameters<typeof userOf>[1]
  /** Degrees; default: the middle of the town. */
  at?: { lat: number; lng: number }
  side?: CellSide
  lastSeen?: Date
}

/** A town that no other test of the file is near to. */
export const townAt = (number: number) => ({ lat: 48 + number, lng: -20 })

/** compose() on a database and topics of its own, with stand-ins for the owners of facts. */
export async function matchingUnderTest(
  before: (owners: Awaited<ReturnType<typeof standInOwners>>) => void = () => {},
) {
  const [database, topics, owners, access] = await Promise.all([
    testDatabase('matching'),
    testTopics(topicSpecs.filter(spec => /^(user|location)\./.test(spec.name))),
    standInOwners(),
    testAccess(),
  ])
  before(owners)
  let offsetMs = 0
  const clock: Clock = { ...systemClock, now: () => Date.now() + offsetMs }
  const env = {
    HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    OPS_PORT: '0',
    POSTGRES_URL: database.url,
    KAFKA_BROKERS: topics.brokers.join(),
    TOPIC_PREFIX: topics.prefix,
    SERVICE_TOKEN_SECRET: sharedSecret.reveal(),
    IDENTITY_GRPC: owners.identity.address,
    LOCATION_GRPC: owners.location.address,
  }
  const config = loadConfig(env)
  const launch = async () => {
    const process = testProcess('matching', { clock })
    const running = await compose(config, process, { accessTokens: access.tokens })
    const isReady = async () => (await process.health.report()).ready
    return { process, ...running, isReady, url: `http://127.0.0.1:${running.httpPort}` }
  }
  const start = async () => {
    const launched = await launch()
    await until(launched.isReady, { what: 'readiness', withinMs: 30_000 })
    return launched
  }

  const tools = createScope(silentLogger())
  const metrics = createMetrics({ service: 'test' })
  const broker = await tools.start(
    'kafka',
    kafka(
      { brokers: topics.brokers, clientId: 'test', topicPrefix: topics.prefix },
      { log: silentLogger(), metrics },
    ),
  )
  const { publish } = await tools.start('producer', producer(broker, { source: '/test' }))
  const running = await start()

  const about = () => ({ id: systemIdentifiers.uuid(Date.now()), time: new Date() })
  const userRecord = (user: User): EventRecord =>
    eventRecord(userProfileUpdated, { user, occurredAt: new Date() }, about())
  const presenceRecord = (presence: PublishedPresence): EventRecord =>
    eventRecord(locationUpdated, { presence, occurredAt: new Date() }, about())
  const blocksRecord = (userId: string, version: number, blockedUserIds: string[]): EventRecord =>
    eventRecord(userBlocked, { userId, version, blockedUserIds, occurredAt: new Date() }, about())

  /** At identity and location, without events. */
  const own = ({
    user: given,
    at,
    side = 200,
    lastSeen = new Date('2026-05-20T10:00:00Z'),
  }: PersonGiven = {}) => {
    const user = userOf(randomUUID(), given)
    const place = at ?? townAt(0)
    const presence = {
      userId: user.userId,
      version: 1,
      cell: cellToken(cellAt(place.lat, place.lng, side)),
      publishedAt: new Date(),
      lastSeen,
    }
    owners.users.set(user.userId, user)
    owners.presences.set(user.userId, presence)
    return { id: user.userId, user, presence }
  }
  type Person = ReturnType<typeof own>

  /** Waits until an instance knows the facts of people as they are. */
  const known = (people: readonly Person[], walkers = running.walkers) =>
    until(
      () =>
        people.every(({ id }) => {
          const person = walkers.find(id)
          return walkers.knows(
            person,
            owners.users.get(id)?.version ?? 0,
            owners.presences.get(id)?.version ?? 0,
          )
        }),
      { what: 'the facts' },
    )

  /** At their owners, in topics, and known to the instance. */
  const people = async (...given: PersonGiven[]): Promise<Person[]> => {
    const all = given.map(own)
    await publish(all.flatMap(({ user, presence }) => [userRecord(user), presenceRecord(presence)]))
    await known(all)
    return all
  }

  /** The next version of somebody's account, at identity and in its topic. */
  const changeUser = async (person: Person, given: Parameters<typeof userOf>[1]): Promise<void> => {
    const version = owners.users.get(person.id)!.version + 1
    const user = userOf(person.id, { ...given, version })
    owners.users.set(person.id, user)
    await publish([userRecord(user)])
    await known([person])
  }

  /** The next version of what is published; null: not visible. */
  const move = async (
    person: Person,
    at: { lat: number; lng: number } | null,
    side: CellSide = 200,
  ): Promise<void> => {
    const before = owners.presences.get(person.id)!
    const cell = at === null ? '' : cellToken(cellAt(at.lat, at.lng, side))
    const presence = { ...before, version: before.version + 1, cell }
    owners.presences.set(person.id, presence)
    await publish([presenceRecord(presence)])
    await known([person])
  }

  const get = async (userId: string, query = '', url = running.url): Promise<Answer> => {
    const response = await fetch(`${url}/api/users/nearby${query}`, {
      headers: { authorization: `Bearer ${await access.sign(userId)}` },
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
  }

  /** matching as another service calls it. */
  const asService = (service: string, port = running.grpcPort) =>
    tools.start(
      `matching for ${service}`,
      grpcClient(
        MatchingServiceService,
        matchingCallers,
        { address: `127.0.0.1:${port}`, service: 'matching' },
        { tokens: serviceTokens({ service, secret: sharedSecret, clock }), metrics, clock },
      ),
    )

  return {
    ...running,
    env,
    owners,
    access,
    database,
    publish,
    userRecord,
    presenceRecord,
    blocksRecord,
    own,
    people,
    known,
    changeUser,
    move,
    get,
    names: async (userId: string, query = '', url = running.url) =>
      (await get(userId, query, url)).body.items.map(item => item.userId),
    asService,
    /** Another instance on the same stores, */
    startAnother: start,
    /** and one that may not be ready yet. */
    launch,
    moveOn: (ms: number) => {
      offsetMs += ms
    },
    stop: async () => {
      await running.process.stop()
      await tools.stop(5_000)
      await owners.stop()
      await Promise.all([database.drop(), topics.drop()])
    },
  }
}

export type MatchingUnderTest = Awaited<ReturnType<typeof matchingUnderTest>>
