import { randomUUID } from 'node:crypto'
import { testAccess } from '@walking-buddy/access/testing'
import {
  IdentityServiceService,
  identityCallers,
  SessionEndReason,
  type WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import { unavailable } from '@walking-buddy/errors'
import { grpcClient, grpcServer, grpcService, type Send, serviceTokens } from '@walking-buddy/grpc'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { testProcess, until } from '@walking-buddy/testkit'
import { SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { authenticator, revocations } from '../../src/index.ts'

const secret: Secret = { reveal: () => 'a secret of at least thirty-two bytes' }
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** An identity whose watch can be silenced and whose word on sessions and pairs can be set. */
async function identityStandIn() {
  const owner = { active: true, allowed: true, asked: 0, down: false }
  const streams = new Set<Send<WatchRevocationsResponse>>()
  let beating = true
  const answer = async <T>(value: T): Promise<T> => {
    owner.asked += 1
    if (owner.down) throw unavailable('down')
    return value
  }
  const process = testProcess('identity')
  const notServed = async () => {
    throw unavailable('not-served-here')
  }
  const { port } = await process.scope.start(
    'grpc',
    grpcServer({
      host: '127.0.0.1',
      port: 0,
      tokens: serviceTokens({ service: 'identity', secret, clock: systemClock }),
      services: [
        grpcService(IdentityServiceService, identityCallers, {
          batchGetUsers: notServed,
          listBlocks: notServed,
          suspendUser: notServed,
          reinstateUser: notServed,
          setRoles: notServed,
          checkPair: () => answer({ allowed: owner.allowed }),
          checkSession: () => answer({ active: owner.active }),
          watchRevocations: async (_request, send, { signal }) => {
            streams.add(send)
            await send({ frame: { $case: 'snapshotEnd', value: {} } })
            while (!signal.aborted) {
              if (beating) await send({ frame: { $case: 'beat', value: { at: new Date() } } })
              await systemClock.delay(100, signal)
            }
            streams.delete(send)
          },
        }),
      ],
      log: process.log,
      metrics: process.metrics,
    }),
  )
  stops.push(process.stop)
  const reader = testProcess('walk')
  stops.push(reader.stop)
  const identity = await reader.scope.start(
    'identity',
    grpcClient(
      IdentityServiceService,
      identityCallers,
      { address: `127.0.0.1:${port}`, service: 'identity' },
      {
        tokens: serviceTokens({ service: 'walk', secret, clock: systemClock }),
        metrics: reader.metrics,
        clock: systemClock,
      },
    ),
  )
  const watched = await reader.scope.start(
    'revocations',
    revocations({ identity, clock: systemClock, log: reader.log }),
  )
  let nextId = 1n
  return {
    owner,
    watched,
    silence: () => {
      beating = false
    },
    revoke: async (
      subject: NonNullable<
        NonNullable<Extract<WatchRevocationsResponse['frame'], { $case: 'revocation' }>>['value']['subject']
      >,
    ) => {
      for (const send of streams)
        await send({ frame: { $case: 'revocation', value: { id: nextId++, at: new Date(), subject } } })
    },
  }
}

describe('revocations', () => {
  test('with a fresh watch nobody is asked, and an ended session is refused as soon as it is told', async () => {
    const { watched, owner, revoke } = await identityStandIn()
    await until(() => watched.fresh())
    const caller = { userId: randomUUID(), sessionId: randomUUID() }
    await watched.assertActive(caller)
    expect(owner.asked).toBe(0)
    await revoke({
      $case: 'sessionEnded',
      value: { sessionId: caller.sessionId, userId: caller.userId, reason: SessionEndReason.LOGOUT },
    })
    await until(() =>
      watched.assertActive(caller).then(
        () => false,
        error => error.code === 'session-ended',
      ),
    )
  })

  test('without a beat the owner decides, and without the owner nobody passes', async () => {
    const { watched, owner, silence } = await identityStandIn()
    await until(() => watched.fresh())
    silence()
    await until(() => !watched.fresh())
    const caller = { userId: randomUUID(), sessionId: randomUUID() }
    await watched.assertActive(caller)
    owner.active = false
    await expect(watched.assertActive(caller)).rejects.toMatchObject({ code: 'session-ended' })
    owner.down = true
    await expect(watched.assertActive(caller)).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(watched.isBlocked('a', 'b', () => false)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('a block told by the watch wins over the read model; a stale block of the read model is checked with the owner', async () => {
    const { watched, owner, revoke } = await identityStandIn()
    await until(() => watched.fresh())
    expect(await watched.isBlocked('a', 'b', () => false)).toBe(false)
    expect(await watched.isBlocked('a', 'b', () => true)).toBe(false)
    owner.allowed = false
    expect(await watched.isBlocked('a', 'b', () => true)).toBe(true)
    await revoke({ $case: 'pairBlocked', value: { blockerId: 'b', blockedId: 'a' } })
    await until(() => watched.recentlyBlocked('a', 'b') === true)
    expect(await watched.isBlocked('a', 'b', () => false)).toBe(true)
    await revoke({ $case: 'pairUnblocked', value: { blockerId: 'b', blockedId: 'a' } })
    await until(() => watched.recentlyBlocked('a', 'b') === undefined)
  })
})

describe('access tokens', () => {
  test('only a token of ours, for us, in its time and signed by its key is taken', async () => {
    const access = await testAccess()
    const authenticate = authenticator(access.tokens, { assertActive: async () => {} })
    const userId = randomUUID()
    const good = await access.sign(userId)
    await expect(authenticate(`Bearer ${good}`)).resolves.toMatchObject({ userId, roles: ['walker'] })
    const [header, payload, signature] = good.split('.') as [string, string, string]
    const other = await testAccess()
    const claims = { sid: randomUUID(), role: ['admin'], jti: randomUUID() }
    const unsigned = new UnsecuredJWT(claims)
      .setSubject(userId)
      .setIssuer(access.issuer)
      .setAudience(access.audience)
      .setExpirationTime('1h')
      .setNotBefore('0s')
      .encode()
    const hmac = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuer(access.issuer)
      .setAudience(access.audience)
      .setExpirationTime('1h')
      .setNotBefore('0s')
      .sign(new TextEncoder().encode('public key as a secret, 32 bytes.'))
    for (const bad of [
      undefined,
      '',
      good,
      `Basic ${good}`,
      `Foo Bearer ${good}`,
      `Bearer ${header}.${payload}.`,
      `Bearer ${header}.${Buffer.from(JSON.stringify({ sub: userId })).toString('base64url')}.${signature}`,
      `Bearer ${unsigned}`,
      `Bearer ${hmac}`,
      `Bearer ${await other.sign(userId)}`,
      `Bearer ${await access.sign(userId, { expiresInSeconds: -60 })}`,
      `Bearer ${await access.sign(userId, { audience: 'safety' })}`,
      `Bearer ${await access.sign(userId, { issuer: 'someone-else' })}`,
    ])
      await expect(authenticate(bad)).rejects.toMatchObject({ kind: 'unauthenticated', code: 'unauthorized' })
  })
})
