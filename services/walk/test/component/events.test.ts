import { randomUUID } from 'node:crypto'
import type { User, UserChanged } from '@walking-buddy/contracts/grpc/identity'
import { type WalkChanged, WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import {
  userBlocked,
  userPreferencesUpdated,
  userProfileUpdated,
  userRegistered,
  userSuspended,
  walkAccepted,
  walkCancelled,
  walkCompleted,
  walkDeclined,
  walkExpired,
  walkRequested,
  walkStarted,
  walkUpdated,
} from '@walking-buddy/contracts/topics'
import {
  type EventRecord,
  eventRecord,
  follower,
  kafka,
  on,
  type Producer,
  producer,
  tombstone,
} from '@walking-buddy/kafka'
import { createScope, systemIdentifiers } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type World, world } from '../support/world.ts'

let w: World
let identity: Producer
const scope = createScope(silentLogger())
const heard: { topic: string; key: string; type: string; value: WalkChanged }[] = []
beforeAll(async () => {
  w = await world()
  const tools = { log: silentLogger(), metrics: createMetrics({ service: 'test' }) }
  const bus = await scope.start('kafka', kafka({ ...w.kafka, clientId: 'test' }, tools))
  identity = await scope.start('producer', producer(bus, { source: '/identity' }))
  const topics = [
    walkRequested,
    walkAccepted,
    walkDeclined,
    walkCancelled,
    walkExpired,
    walkStarted,
    walkCompleted,
    walkUpdated,
  ]
  await scope.start(
    'follower',
    follower(bus, {
      groupId: 'test',
      instance: randomUUID(),
      from: 'earliest',
      topics: topics.map(topic =>
        on(topic, async ({ topic, key, type, value }) => void heard.push({ topic, key, type, value })),
      ),
      fail: () => {},
    }),
  )
})
afterAll(async () => {
  await scope.stop(10_000)
  await w?.stop()
})

const about = () => ({ id: systemIdentifiers.uuid(Date.now()), time: new Date() })
const userEvent = (topic: typeof userRegistered, user: User): EventRecord =>
  eventRecord<UserChanged>(topic, { user, occurredAt: new Date() }, about())
const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map(item => [systemIdentifiers.below(1e9), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)

describe('what walk tells', () => {
  it('is every change, in order per walk, with the whole state and nothing that is private', async () => {
    const [anna, ben] = await w.pair()
    const secret = 'only for the two of us'
    const point = { lat: 48.123456, lng: -20.654321, name: 'Secret oak' }
    const { id } = await w.accepted(anna, ben, { message: secret, meetingPoint: point })
    await anna.post(id, 'start')
    const now = w.clock.now()
    await anna.call('POST', `/api/walks/${id}/track`, {
      points: [{ lat: 48.123456, lng: -20.654321, recordedAt: new Date(now).toISOString() }],
      sentAt: new Date(now).toISOString(),
    })
    await ben.post(id, 'end')
    const mine = await until(() => {
      const events = heard.filter(({ key }) => key === id)
      return events.length === 4 && events
    })
    const byVersion = mine.toSorted((a, b) => a.value.walk!.version - b.value.walk!.version)
    expect(
      byVersion.map(({ topic, type, value }) => [topic, type, value.walk!.version, value.walk!.status]),
    ).toEqual([
      ['walk.requested', 'walk.requested', 1, WalkStatus.REQUESTED],
      ['walk.accepted', 'walk.accepted', 2, WalkStatus.ACCEPTED],
      ['walk.started', 'walk.started', 3, WalkStatus.IN_PROGRESS],
      ['walk.completed', 'walk.completed', 4, WalkStatus.COMPLETED],
    ])
    expect(byVersion[3]!.value.walk).toMatchObject({
      walkId: id,
      initiatorId: anna.userId,
      endedBy: ben.userId,
      distanceMeters: 0,
    })
    const text = JSON.stringify(heard) + w.process.lines().join('\n')
    for (const leak of [secret, 'Secret oak', '48.123456', '20.654321']) expect(text).not.toContain(leak)
  })
})

describe('what identity tells', () => {
  it('has one effect, delivered three times in any order', async () => {
    const people = Array.from({ length: 6 }, () => w.town.newcomer())
    const events = people.flatMap(user => [
      userEvent(userRegistered, user),
      userEvent(userProfileUpdated, { ...user, version: 2, username: `${user.username}.2` }),
      userEvent(userPreferencesUpdated, { ...user, version: 3, username: `${user.username}.2` }),
      userEvent(userProfileUpdated, {
        ...user,
        version: 4,
        username: `${user.username}.4`,
        profilePhotoUrl: '/media/4',
      }),
      eventRecord(
        userBlocked,
        { userId: user.userId, version: 1, blockedUserIds: [people[0]!.userId] },
        about(),
      ),
      eventRecord(userBlocked, { userId: user.userId, version: 2, blockedUserIds: [] }, about()),
      eventRecord(
        userBlocked,
        { userId: user.userId, version: 3, blockedUserIds: [people[1]!.userId] },
        about(),
      ),
    ])
    const state = async () => [
      await w.database.query('SELECT * FROM people WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id', [
        people.map(p => p.userId),
      ]),
      await w.database.query('SELECT * FROM user_blocks WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id', [
        people.map(p => p.userId),
      ]),
    ]
    const settled = () =>
      until(async () => {
        const [names, blocks] = (await state()) as [{ version: number }[], { version: number }[]]
        return (
          names.length === 6 &&
          blocks.length === 6 &&
          names.every(p => p.version === 4) &&
          blocks.every(b => b.version === 3)
        )
      })
    await identity.publish(shuffled(events))
    await settled()
    const first = await state()
    const fence = w.town.newcomer()
    await identity.publish(shuffled([...events, ...events]))
    await identity.publish(Array.from({ length: 1 }, () => userEvent(userRegistered, fence)))
    await until(
      async () =>
        (await w.database.query('SELECT FROM people WHERE user_id = $1', [fence.userId])).length === 1,
    )
    expect(await state()).toEqual(first)
  })

  it('ends walks though the watch has told nothing: a block, a suspension', async () => {
    const [anna, ben] = await w.pair()
    const [carl, dora] = await w.pair()
    const blocked = await w.accepted(anna, ben)
    const suspended = await w.started(carl, dora)
    w.town.blockSilently(ben.userId, anna.userId)
    await identity.publish([
      eventRecord(userBlocked, { userId: ben.userId, version: 1, blockedUserIds: [anna.userId] }, about()),
    ])
    const user = w.town.suspendSilently(dora.userId)
    await identity.publish([userEvent(userSuspended, user)])
    await until(async () => (await anna.walk(blocked.id)).status === 'cancelled')
    await until(async () => (await carl.walk(suspended.id)).status === 'cancelled')
  })

  it('of a block that was taken back ends nothing', async () => {
    const [anna, ben] = await w.pair()
    const walk = await w.accepted(anna, ben)
    await identity.publish([
      eventRecord(userBlocked, { userId: ben.userId, version: 1, blockedUserIds: [anna.userId] }, about()),
    ])
    await until(
      async () =>
        (await w.database.query('SELECT FROM user_blocks WHERE user_id = $1', [ben.userId])).length === 1,
    )
    const fence = w.town.newcomer()
    await identity.publish([
      eventRecord(userBlocked, { userId: fence.userId, version: 1, blockedUserIds: [] }, about()),
    ])
    await until(
      async () =>
        (await w.database.query('SELECT FROM user_blocks WHERE user_id = $1', [fence.userId])).length === 1,
    )
    expect((await anna.walk(walk.id)).status).toBe('accepted')
    // Nor does the read model, which lags, refuse anything by itself.
    const again = await w.requested(ben, await w.phone())
    expect(again.status).toBe('requested')
  })

  it('of an erasure leaves the walk, and nobody’s name', async () => {
    const [anna, ben] = await w.pair()
    const { id } = await w.started(anna, ben)
    await anna.post(id, 'end')
    expect((await anna.walk(id)).partner.username).not.toBe('')
    w.town.users.delete(ben.userId)
    await identity.publish([tombstone(userRegistered, ben.userId, about())])
    const walk = await until(async () => {
      const now = await anna.walk(id)
      return now.partner.username === '' && now
    })
    expect(walk.partner).toEqual({ userId: ben.userId, username: '', profilePhotoUrl: null, age: 0 })
  })

  it('that is no event of its topic goes to the dead letters, and holds up nothing', async () => {
    await identity.publish([
      { ...userEvent(userRegistered, w.town.newcomer()), value: Buffer.from([0xff, 0xff]) },
    ])
    const next = w.town.newcomer()
    await identity.publish([userEvent(userRegistered, next)])
    await until(
      async () =>
        (await w.database.query('SELECT FROM people WHERE user_id = $1', [next.userId])).length === 1,
    )
  })
})
