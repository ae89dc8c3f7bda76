import { SessionEndReason, type UserChanged } from '@walking-buddy/contracts/grpc/identity'
import {
  sessionEnded,
  userBlocked,
  userPreferencesUpdated,
  userProfileUpdated,
  userRegistered,
  userSuspended,
} from '@walking-buddy/contracts/topics'
import { follower, kafka, on, type ReceivedEvent, type TopicCodec } from '@walking-buddy/kafka'
import { randomName, until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  dayMs,
  type IdentityUnderTest,
  identityUnderTest,
  newId,
  type Person,
} from './identity-under-test.ts'

let identity: IdentityUnderTest
let mesh: Awaited<ReturnType<IdentityUnderTest['asService']>>
const received: ReceivedEvent<unknown>[] = []
beforeAll(async () => {
  identity = await identityUnderTest()
  mesh = await identity.asService('mesh')
  const { scope, log, metrics, fail } = identity.process
  const brokers = identity.topics.brokers
  const reader = await scope.start(
    'reader',
    kafka({ brokers, clientId: 'reader', topicPrefix: identity.topics.prefix }, { log, metrics }),
  )
  const remember = <T>(codec: TopicCodec<T>) =>
    on(codec, async event => {
      received.push(event)
      return undefined
    })
  const topics = [
    remember(userRegistered),
    remember(userProfileUpdated),
    remember(userPreferencesUpdated),
    remember(userSuspended),
    remember(userBlocked),
    remember(sessionEnded),
  ]
  const instance = randomName('reader')
  await scope.start(
    'follower',
    follower(reader, { groupId: 'test', instance, from: 'earliest', topics, fail }),
  )
})
afterAll(async () => {
  await mesh.stop()
  await identity.stop()
})

const eventsOf = <T>(topic: string, key: string) =>
  received.filter(event => event.topic === topic && event.key === key) as ReceivedEvent<T>[]
const accountEvents = (person: Person) =>
  (received as ReceivedEvent<UserChanged>[])
    .filter(event => event.key === person.id && event.topic !== 'user.blocked')
    .sort((a, b) => a.value.user!.version - b.value.user!.version)
const put = (person: Person, path: string, body?: unknown) =>
  identity.call('PUT', path, { token: person.accessToken, ...(body ? { body } : {}) })

test('each change of an account is one event with its whole state, one version higher, on its topic', async () => {
  const person = await identity.register({ fullName: 'Secret Name' })
  await put(person, '/api/users/me', { bio: 'secret text', gender: 'female' })
  await put(person, '/api/users/me', { bio: 'secret text' })
  await put(person, '/api/users/preferences', { isLocationEnabled: true, searchRadiusMeters: 700 })
  await mesh.client.setRoles({ userId: person.id, roles: ['walker', 'business'] })
  await mesh.client.suspendUser({ userId: person.id })
  await mesh.client.reinstateUser({ userId: person.id })
  await until(() => accountEvents(person).length >= 6, { what: 'six events' })

  const events = accountEvents(person)
  expect(events.map(event => [event.topic, event.type, event.value.user!.version])).toEqual([
    ['user.registered', 'user.registered', 1],
    ['user.profile_updated', 'user.profile_updated', 2],
    ['user.preferences_updated', 'user.preferences_updated', 3],
    ['user.profile_updated', 'user.profile_updated', 4],
    ['user.suspended', 'user.suspended', 5],
    ['user.suspended', 'user.reinstated', 6],
  ])
  expect(events.at(-1)!.value.user).toMatchObject({
    username: person.username,
    birthYear: 1990,
    birthMonth: 5,
    roles: ['business', 'walker'],
    suspended: false,
    preferences: { isLocationEnabled: true, searchRadiusMeters: 700, locationConsentVersion: 1 },
  })
  const told = JSON.stringify(events, (_name, value) => (typeof value === 'bigint' ? String(value) : value))
  for (const secret of [person.email, 'Secret Name', 'secret text', '1990-05-17', person.refreshToken])
    expect(told).not.toContain(secret)
})

test('each change of a list of blocks is one event with the whole list, and a repeat is none', async () => {
  const ada = await identity.register()
  const [bea, cleo] = [newId(), newId()]
  for (const id of [bea, bea, cleo]) await put(ada, `/api/users/${id}/block`)
  await identity.call('DELETE', `/api/users/${bea}/block`, { token: ada.accessToken })
  await until(() => eventsOf('user.blocked', ada.id).length >= 3, { what: 'three events' })
  expect(eventsOf('user.blocked', ada.id).map(event => event.value)).toMatchObject([
    { version: 1, blockedUserIds: [bea] },
    { version: 2, blockedUserIds: [bea, cleo] },
    { version: 3, blockedUserIds: [cleo] },
  ])
})

test('the end of each session is told once, with its reason', async () => {
  const reasonOf = async (refreshToken: string) => {
    const sessionId = refreshToken.split('.')[0]!
    await until(() => eventsOf('session.ended', sessionId).length > 0, { what: 'the end' })
    const ends = eventsOf<{ reason: number }>('session.ended', sessionId)
    expect(ends).toHaveLength(1)
    return ends[0]!.value.reason
  }
  const refresh = (refreshToken: string) =>
    identity.call('POST', '/api/auth/refresh', { body: { refreshToken } })
  const [out, reused, suspended, demoted] = await Promise.all(
    Array.from({ length: 4 }, () => identity.register()),
  )
  await identity.call('POST', '/api/auth/logout', { body: { refreshToken: out!.refreshToken } })
  await identity.call('POST', '/api/auth/logout', { body: { refreshToken: out!.refreshToken } })
  const second = await refresh(reused!.refreshToken)
  await refresh(second.body.refreshToken)
  await refresh(reused!.refreshToken)
  await refresh(reused!.refreshToken)
  await mesh.client.suspendUser({ userId: suspended!.id })
  await mesh.client.setRoles({ userId: demoted!.id, roles: ['business'] })

  expect(await reasonOf(out!.refreshToken)).toBe(SessionEndReason.LOGOUT)
  expect(await reasonOf(reused!.refreshToken)).toBe(SessionEndReason.TOKEN_REUSED)
  expect(await reasonOf(suspended!.refreshToken)).toBe(SessionEndReason.SUSPENDED)
  expect(await reasonOf(demoted!.refreshToken)).toBe(SessionEndReason.REVOKED)
})

test('what is of no more use is forgotten, and sessions that nobody used are told to have ended', async () => {
  const person = await identity.register()
  const sessionId = person.refreshToken.split('.')[0]!
  const long = "interval '3 days'"
  await put(person, `/api/users/${newId()}/block`)
  await identity.call('POST', '/api/auth/login', { body: { email: 'nobody@example.org', password: 'x' } })
  await identity.database.query(`UPDATE revocations SET at = at - ${long}`)
  await identity.database.query(`UPDATE login_throttles SET last_at = last_at - ${long}`)
  identity.moveOn(91 * dayMs)
  const restarted = await identity.startAnother()
  try {
    await until(() => eventsOf('session.ended', sessionId).length === 1, { what: 'the end of the session' })
    await until(async () => {
      const [left] = await identity.database.query(
        'SELECT (SELECT count(*) FROM revocations) + (SELECT count(*) FROM login_throttles) AS count',
      )
      return Number(left!.count) === 0
    })
  } finally {
    await restarted.process.stop()
  }
})
