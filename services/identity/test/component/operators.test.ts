import {
  Gender,
  IdentityServiceService,
  identityCallers,
  Pace,
  VerificationLevel,
} from '@walking-buddy/contracts/grpc/identity'
import { grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { postgres } from '@walking-buddy/postgres'
import { systemClock } from '@walking-buddy/service-kit'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  dayMs,
  type IdentityUnderTest,
  identityUnderTest,
  newId,
  type Person,
} from './identity-under-test.ts'
import { sharedSecret } from './stand-in-peers.ts'

let identity: IdentityUnderTest
let mesh: Awaited<ReturnType<IdentityUnderTest['asService']>>
let matching: Awaited<ReturnType<IdentityUnderTest['asService']>>
beforeAll(async () => {
  identity = await identityUnderTest()
  mesh = await identity.asService('mesh')
  matching = await identity.asService('matching')
})
afterAll(async () => {
  await mesh.stop()
  await matching.stop()
  await identity.stop()
})

const me = (token: string) => identity.call('GET', '/api/users/me', { token })
const login = ({ email, password }: Person) =>
  identity.call('POST', '/api/auth/login', { body: { email, password } })
const sessionOf = (person: Pick<Person, 'refreshToken'>) => person.refreshToken.split('.')[0]!

describe('what other services may know', () => {
  test('is all of an account but its mail address, birthday and texts', async () => {
    const person = await identity.register({ fullName: 'Ada Lovelace', gender: 'female' })
    const { users } = await matching.client.batchGetUsers({ userIds: [person.id, newId(), person.id] })
    expect(users).toEqual([
      {
        userId: person.id,
        version: 1,
        username: person.username,
        birthYear: 1990,
        birthMonth: 5,
        gender: Gender.FEMALE,
        profilePhotoUrl: '',
        verificationLevel: VerificationLevel.NONE,
        roles: ['walker'],
        preferences: {
          searchRadiusMeters: 2_000,
          preferredPace: Pace.ANY,
          ageRangeMin: 18,
          ageRangeMax: 120,
          genderPreference: Gender.UNSPECIFIED,
          isLocationEnabled: false,
          readReceipts: true,
          personalisedAds: false,
          locationConsentVersion: 0,
        },
        suspended: false,
        createdAt: expect.any(Date),
      },
    ])
  })

  test('is asked for by at most 500 ids, all of them ids', async () => {
    const ids = Array.from({ length: 501 }, newId)
    await expect(matching.client.batchGetUsers({ userIds: ids })).rejects.toMatchObject({ kind: 'invalid' })
    await expect(matching.client.batchGetUsers({ userIds: ids.slice(1) })).resolves.toEqual({ users: [] })
    await expect(matching.client.batchGetUsers({ userIds: ["'; --"] })).rejects.toMatchObject({
      kind: 'invalid',
    })
  })

  test('is told to those whom the contract names', async () => {
    await expect(matching.client.suspendUser({ userId: newId() })).rejects.toMatchObject({
      kind: 'forbidden',
    })
    await expect(mesh.client.batchGetUsers({ userIds: [] })).rejects.toMatchObject({ kind: 'forbidden' })
    const forger = serviceTokens({
      service: 'mesh',
      secret: { reveal: () => 'not the secret of this installation' },
      clock: systemClock,
    })
    const { value, stop } = await grpcClient(
      IdentityServiceService,
      identityCallers,
      { address: `127.0.0.1:${identity.grpcPort}`, service: 'identity' },
      { tokens: forger, metrics: identity.process.metrics, clock: systemClock },
    )('forger')
    await expect(value.suspendUser({ userId: newId() })).rejects.toMatchObject({ kind: 'unauthenticated' })
    await stop!(AbortSignal.timeout(1_000))
    expect(sharedSecret.reveal()).toBe(identity.config.serviceToken.secret.reveal())
  })

  test('of a session: whether it is alive, of this user, and the user active', async () => {
    const [ada, bea] = [await identity.register(), await identity.register()]
    const check = async (sessionId: string, userId: string) =>
      (await matching.client.checkSession({ sessionId, userId })).active
    expect(await check(sessionOf(ada), ada.id)).toBe(true)
    expect(await check(sessionOf(ada), bea.id)).toBe(false)
    expect(await check(newId(), ada.id)).toBe(false)
    await identity.call('POST', '/api/auth/logout', { body: { refreshToken: ada.refreshToken } })
    expect(await check(sessionOf(ada), ada.id)).toBe(false)
    expect(await check(sessionOf(bea), bea.id)).toBe(true)
    identity.moveOn(90 * dayMs)
    expect(await check(sessionOf(bea), bea.id)).toBe(false)
  })

  test('of a pair: whether both are active, different and neither blocks the other', async () => {
    const [ada, bea] = [await identity.register(), await identity.register()]
    const allowed = async (userId: string, otherUserId: string) =>
      (await matching.client.checkPair({ userId, otherUserId })).allowed
    expect(await allowed(ada.id, bea.id)).toBe(true)
    expect(await allowed(ada.id, ada.id)).toBe(false)
    expect(await allowed(ada.id, newId())).toBe(false)
    await identity.call('PUT', `/api/users/${ada.id}/block`, { token: bea.accessToken })
    expect(await allowed(ada.id, bea.id)).toBe(false)
    expect(await allowed(bea.id, ada.id)).toBe(false)
    await identity.call('DELETE', `/api/users/${ada.id}/block`, { token: bea.accessToken })
    await mesh.client.suspendUser({ userId: bea.id })
    expect(await allowed(ada.id, bea.id)).toBe(false)
  })

  test('of blocks: both ways', async () => {
    const [ada, bea] = [await identity.register(), await identity.register()]
    const unknown = newId()
    for (const id of [bea.id, unknown])
      await identity.call('PUT', `/api/users/${id}/block`, { token: ada.accessToken })
    expect(await matching.client.listBlocks({ userId: ada.id })).toEqual({
      blockedUserIds: [bea.id, unknown],
      blockedByUserIds: [],
    })
    expect(await matching.client.listBlocks({ userId: bea.id })).toEqual({
      blockedUserIds: [],
      blockedByUserIds: [ada.id],
    })
  })
})

describe('suspension', () => {
  test('ends every session at once, and its end brings none of them back', async () => {
    const person = await identity.register()
    const second = await login(person)
    await mesh.client.suspendUser({ userId: person.id })
    await mesh.client.suspendUser({ userId: person.id })
    for (const { accessToken, refreshToken } of [person, second.body]) {
      expect((await me(accessToken)).body.code).toBe('session-ended')
      const refreshed = await identity.call('POST', '/api/auth/refresh', { body: { refreshToken } })
      expect(refreshed.body.code).toBe('invalid-refresh-token')
    }
    const { users } = await matching.client.batchGetUsers({ userIds: [person.id] })
    expect(users[0]).toMatchObject({ suspended: true, version: 2 })

    await mesh.client.reinstateUser({ userId: person.id })
    await mesh.client.reinstateUser({ userId: person.id })
    expect((await me(person.accessToken)).status).toBe(401)
    const back = await login(person)
    expect(back.status).toBe(200)
    expect((await me(back.body.accessToken)).status).toBe(200)
  })

  test('that is about to commit is waited for by a sign-in, and then refuses it', async () => {
    const person = await identity.register()
    const { log, metrics } = identity.process
    const part = postgres({ ...identity.config.postgres, poolSize: 1 }, { log, metrics })
    const { value: pg, stop } = await part('postgres')
    const signedIn = await pg.transaction(async tx => {
      await tx.query('UPDATE users SET suspended_at = now(), version = version + 1 WHERE id = $1', [
        person.id,
      ])
      const pending = login(person)
      await until(async () => {
        const waiting = await identity.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        return waiting.length > 0
      })
      return { pending }
    })
    expect(await signedIn.pending).toMatchObject({ status: 403, body: { code: 'suspended' } })
    await stop!(AbortSignal.timeout(1_000))
  })

  test('racing sign-ins leaves no session alive', async () => {
    const person = await identity.register()
    await Promise.all([
      ...Array.from({ length: 10 }, () => login(person)),
      mesh.client.suspendUser({ userId: person.id }),
    ])
    expect(
      await identity.database.query('SELECT 1 FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [
        person.id,
      ]),
    ).toEqual([])
  })

  test('of nobody is refused', async () => {
    await expect(mesh.client.suspendUser({ userId: newId() })).rejects.toMatchObject({
      code: 'user-not-found',
    })
    await expect(mesh.client.reinstateUser({ userId: newId() })).rejects.toMatchObject({
      code: 'user-not-found',
    })
  })
})

describe('roles', () => {
  test('that are given are in the next token; a role taken away ends the sessions that still name it', async () => {
    const person = await identity.register()
    await mesh.client.setRoles({ userId: person.id, roles: ['walker', 'moderator', 'walker'] })
    const renewed = await identity.call('POST', '/api/auth/refresh', {
      body: { refreshToken: person.refreshToken },
    })
    expect(renewed.status).toBe(200)
    expect((await me(renewed.body.accessToken)).body).toMatchObject({ roles: ['moderator', 'walker'] })

    await mesh.client.setRoles({ userId: person.id, roles: ['walker'] })
    expect((await me(renewed.body.accessToken)).status).toBe(401)
    expect((await login(person)).body.user).toMatchObject({ roles: ['walker'] })
  })

  test('are known ones, and at least one', async () => {
    const { id } = await identity.register()
    for (const roles of [[], ['king'], ['walker', "'; --"]])
      await expect(mesh.client.setRoles({ userId: id, roles })).rejects.toMatchObject({ kind: 'invalid' })
    await expect(mesh.client.setRoles({ userId: newId(), roles: ['walker'] })).rejects.toMatchObject({
      code: 'user-not-found',
    })
  })
})
