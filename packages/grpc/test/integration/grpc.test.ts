import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import {
  LocationServiceService,
  locationCallers,
  type StreamPositionsRequest,
} from '@walking-buddy/contracts/grpc/location'
import { AppError, precondition, unavailable } from '@walking-buddy/errors'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { testProcess, until } from '@walking-buddy/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Client,
  grpcClient,
  grpcServer,
  grpcService,
  type Handlers,
  serviceTokens,
} from '../../src/index.ts'

const secret: Secret = { reveal: () => 'a secret of at least thirty-two bytes' }
const tokensOf = (service: string) => serviceTokens({ service, secret, clock: systemClock })
type Identity = typeof IdentityServiceService

const notServed = async () => {
  throw unavailable('not-served-here')
}
const identityHandlers = (overrides: Partial<Handlers<Identity>>): Handlers<Identity> => ({
  batchGetUsers: notServed,
  checkPair: notServed,
  checkSession: notServed,
  watchRevocations: notServed,
  listBlocks: notServed,
  suspendUser: notServed,
  reinstateUser: notServed,
  setRoles: notServed,
  ...overrides,
})

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function serve(handlers: Partial<Handlers<Identity>>, port = 0) {
  const process = testProcess('identity')
  const served = await process.scope.start(
    'grpc',
    grpcServer({
      host: '127.0.0.1',
      port,
      tokens: tokensOf('identity'),
      services: [grpcService(IdentityServiceService, identityCallers, identityHandlers(handlers))],
      log: process.log,
      metrics: process.metrics,
    }),
  )
  stops.push(process.stop)
  return { port: served.port, lines: process.lines, stop: process.stop }
}

async function clientOf(port: number, caller = 'walk'): Promise<Client<Identity>> {
  const process = testProcess(caller)
  stops.push(process.stop)
  return process.scope.start(
    'client',
    grpcClient(
      IdentityServiceService,
      identityCallers,
      { address: `127.0.0.1:${port}`, service: 'identity' },
      { tokens: tokensOf(caller), metrics: process.metrics, clock: process.clock },
    ),
  )
}

const pair = { userId: 'a', otherUserId: 'b' }

describe('unary calls', () => {
  test('an AppError arrives as it was thrown, and anything else says nothing of its cause', async () => {
    const { port, lines } = await serve({
      checkPair: async () => {
        throw new AppError('exhausted', 'too-many', {
          detail: 'Ünïcode detail',
          faults: [{ path: 'body.a', message: 'm' }],
          retryAfterSeconds: 7,
          httpStatus: 429,
        })
      },
      checkSession: async () => {
        throw new Error('password=hunter2')
      },
    })
    const client = await clientOf(port)
    await expect(client.checkPair(pair)).rejects.toMatchObject({
      kind: 'exhausted',
      code: 'too-many',
      detail: 'Ünïcode detail',
      faults: [{ path: 'body.a', message: 'm' }],
      retryAfterSeconds: 7,
      httpStatus: 429,
    })
    const opaque = await client
      .checkSession({ sessionId: 's', userId: 'u' })
      .catch((error: AppError) => error)
    expect(opaque).toMatchObject({ kind: 'other' })
    expect(String(opaque)).not.toContain('hunter2')
    expect(lines().join()).toContain('call failed')
  })

  test('a caller that the contract does not name is refused, and so is a forged or foreign token', async () => {
    const { port } = await serve({
      checkPair: async () => ({ allowed: true }),
      suspendUser: async () => ({}),
    })
    await expect((await clientOf(port, 'mesh')).suspendUser({ userId: 'u' })).resolves.toEqual({})
    await expect((await clientOf(port, 'walk')).suspendUser({ userId: 'u' })).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'caller-not-allowed',
    })
    const forger = testProcess('forger')
    stops.push(forger.stop)
    const forged = serviceTokens({
      service: 'walk',
      secret: { reveal: () => 'another secret of thirty-two bytes' },
      clock: systemClock,
    })
    const client = await forger.scope.start(
      'client',
      grpcClient(
        IdentityServiceService,
        identityCallers,
        { address: `127.0.0.1:${port}`, service: 'identity' },
        { tokens: forged, metrics: forger.metrics, clock: forger.clock },
      ),
    )
    await expect(client.checkPair(pair)).rejects.toMatchObject({
      kind: 'unauthenticated',
      code: 'service-token',
    })
    await expect(tokensOf('location').verify(await tokensOf('walk').sign('identity'))).rejects.toMatchObject({
      code: 'service-token',
    })
  })

  test('UNAVAILABLE is repeated until it works; a refusal is not', async () => {
    let calls = 0
    const { port } = await serve({
      checkPair: async () => {
        calls += 1
        if (calls < 3) throw unavailable('starting')
        return { allowed: true }
      },
      checkSession: async () => {
        calls += 1
        throw precondition('no')
      },
    })
    const client = await clientOf(port)
    await expect(client.checkPair(pair)).resolves.toEqual({ allowed: true })
    expect(calls).toBe(3)
    calls = 0
    await expect(client.checkSession({ sessionId: 's', userId: 'u' })).rejects.toMatchObject({ code: 'no' })
    expect(calls).toBe(1)
  })

  test('the deadline holds when the server never answers, and the server learns of it', async () => {
    let told = false
    const { port } = await serve({
      checkPair: (_request, call) =>
        new Promise((_resolve, reject) =>
          call.signal.addEventListener('abort', () => {
            told = true
            reject(unavailable('ended'))
          }),
        ),
    })
    const client = await clientOf(port)
    await expect(client.checkPair(pair, { deadlineMs: 150 })).rejects.toMatchObject({ kind: 'timeout' })
    await until(() => told)
  })

  test('a server that is gone fails fast after a while, and works again once it is back', async () => {
    const first = await serve({ checkPair: async () => ({ allowed: true }) })
    const client = await clientOf(first.port)
    await expect(client.checkPair(pair)).resolves.toEqual({ allowed: true })
    await first.stop()
    for (let i = 0; i < 4; i++)
      await expect(client.checkPair(pair)).rejects.toMatchObject({ kind: 'unavailable' })
    await serve({ checkPair: async () => ({ allowed: false }) }, first.port)
    await until(async () => (await client.checkPair(pair)).allowed === false)
  })
})

describe('streams', () => {
  test('both ways, each message once and in order, under back-pressure', async () => {
    const process = testProcess('location')
    stops.push(process.stop)
    const handlers: Handlers<typeof LocationServiceService> = {
      setAvailability: notServed,
      listPublished: notServed,
      batchGetPublished: notServed,
      streamPositions: async (requests, send) => {
        for await (const request of requests)
          if (request.message?.$case === 'reports')
            await send({
              message: {
                $case: 'results',
                value: {
                  results: request.message.value.reports.map(({ sequence }) => ({
                    sequence,
                    code: '',
                    kind: '',
                    detail: '',
                  })),
                },
              },
            })
      },
    }
    const { port } = await process.scope.start(
      'grpc',
      grpcServer({
        host: '127.0.0.1',
        port: 0,
        tokens: tokensOf('location'),
        services: [grpcService(LocationServiceService, locationCallers, handlers)],
        log: process.log,
        metrics: process.metrics,
      }),
    )
    const client = await process.scope.start(
      'client',
      grpcClient(
        LocationServiceService,
        locationCallers,
        { address: `127.0.0.1:${port}`, service: 'location' },
        { tokens: tokensOf('realtime'), metrics: process.metrics, clock: process.clock },
      ),
    )
    const stream = client.streamPositions({ signal: new AbortController().signal })
    const batch = (first: number): StreamPositionsRequest => ({
      message: {
        $case: 'reports',
        value: {
          reports: Array.from({ length: 100 }, (_, i) => ({
            sequence: first + i,
            userId: 'u',
            lat: 1,
            lng: 2,
          })),
        },
      },
    })
    const sending = (async () => {
      for (let i = 0; i < 200; i++) await stream.send(batch(i * 100))
      stream.end()
    })()
    const sequences: number[] = []
    for await (const response of stream.responses)
      if (response.message?.$case === 'results')
        sequences.push(...response.message.value.results.map(result => result.sequence))
    await sending
    expect(sequences).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
    await expect(stream.send(batch(0))).rejects.toMatchObject({ code: 'stream-ended' })
  })
})
