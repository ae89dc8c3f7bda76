import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdentityUnderTest, identityUnderTest, newId, someone } from './identity-under-test.ts'

let identity: IdentityUnderTest
beforeAll(async () => {
  identity = await identityUnderTest({
    // Enough for a check that is left out to show.
    PASSWORD_MEMORY_KIB: '4096',
    LOGIN_ATTEMPTS_PER_SOURCE: '100000',
    LOGIN_ATTEMPTS_PER_ACCOUNT: '100000',
  })
})
afterAll(() => identity.stop())

/** One request on a connection that is kept; bytes and milliseconds of its answer. */
function timed(
  agent: Agent,
  method: string,
  path: string,
  options: { body?: unknown; token?: string; url?: string },
) {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  return new Promise<{ status: number; ms: number; shown: string }>((resolve, reject) => {
    const started = performance.now()
    const sent = request(
      `${options.url ?? identity.url}${path}`,
      {
        agent,
        method,
        headers: {
          'x-request-id': 'the-same',
          ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        },
      },
      response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => {
          const { date: _, ...headers } = response.headers
          resolve({
            status: response.statusCode!,
            ms: performance.now() - started,
            shown: JSON.stringify([response.statusCode, headers, Buffer.concat(chunks).toString()]),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** How often one of `a` takes longer than one of `b`: one half where nothing tells them apart. */
function slowerShare(a: readonly number[], b: readonly number[]): number {
  let slower = 0
  for (const x of a) for (const y of b) slower += x > y ? 1 : x === y ? 0.5 : 0
  return slower / (a.length * b.length)
}

/** Asks both in turn, in changing order, and compares every byte and the times. */
async function compare(
  one: () => Parameters<typeof timed>[3],
  other: () => Parameters<typeof timed>[3],
  [method, pathOf]: [string, (which: 'one' | 'other') => string],
  rounds = 300,
) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times = { one: [] as number[], other: [] as number[] }
  const shown = new Set<string>()
  const ask = async (which: 'one' | 'other') => {
    const answer = await timed(agent, method, pathOf(which), (which === 'one' ? one : other)())
    times[which].push(answer.ms)
    shown.add(answer.shown)
  }
  for (let i = 0; i < rounds + 20; i++) {
    const order = i % 2 ? (['one', 'other'] as const) : (['other', 'one'] as const)
    for (const which of order) await ask(which)
    if (i === 19) times.one.length = times.other.length = 0
  }
  agent.destroy()
  return { shown, share: slowerShare(times.one, times.other), times }
}

/** Within five standard deviations of what chance gives for so many rounds of two that are alike. */
const alike = (rounds: number) => (share: number) =>
  Math.abs(share - 0.5) < 5 * Math.sqrt((2 * rounds + 1) / (12 * rounds ** 2))

describe('nothing tells a known address from an unknown one', () => {
  test('at login: neither a byte of the answer nor its time', async () => {
    const { email } = await identity.register()
    const { shown, share } = await compare(
      () => ({ body: { email, password: 'a wrong password' } }),
      () => ({ body: { email: someone().email, password: 'a wrong password' } }),
      ['POST', () => '/api/auth/login'],
    )
    expect(shown.size).toBe(1)
    expect(share, 'share of slower answers').toSatisfy(alike(300))
  })

  test('at login while the hashes of people are still of former, cheaper parameters', async () => {
    const { email } = await identity.register()
    const { passwords } = identity.config
    const raised = await identity.startAnother({
      passwords: { ...passwords, cost: { memoryKib: 16_384, passes: 2, lanes: 1 } },
    })
    try {
      const { share } = await compare(
        () => ({ body: { email, password: 'a wrong password' }, url: raised.url }),
        () => ({ body: { email: someone().email, password: 'a wrong password' }, url: raised.url }),
        ['POST', () => '/api/auth/login'],
        100,
      )
      expect(share, 'share of slower answers').toSatisfy(alike(100))
    } finally {
      await raised.process.stop()
    }
  })

  test('the measure can tell: what is refused early stands out', async () => {
    const { email } = await identity.register()
    const { share } = await compare(
      () => ({ body: { email, password: 'a wrong password' } }),
      () => ({ body: { email: 'not\u0000an@address', password: 'a wrong password' } }),
      ['POST', () => '/api/auth/login'],
      40,
    )
    expect(share).not.toSatisfy(alike(40))
  })
})

describe('nothing tells why somebody cannot be seen', () => {
  test('unknown, far, suspended and blocking people are one answer, in bytes and time', async () => {
    const viewer = await identity.register()
    const far = await identity.register()
    const blocker = await identity.register()
    const suspended = await identity.register()
    identity.peers.list(viewer.id, blocker.id)
    identity.peers.list(viewer.id, suspended.id)
    await identity.call('PUT', `/api/users/${viewer.id}/block`, { token: blocker.accessToken })
    const { client, stop } = await identity.asService('mesh')
    await client.suspendUser({ userId: suspended.id })
    await stop()

    const asViewer = () => ({ token: viewer.accessToken })
    for (const id of [far.id, blocker.id, suspended.id]) {
      const { shown, share } = await compare(
        asViewer,
        asViewer,
        ['GET', which => `/api/users/${which === 'one' ? id : newId()}`],
        40,
      )
      expect(shown.size).toBe(1)
      expect([...shown][0]).toContain('not-available')
      expect(share, 'share of slower answers').toSatisfy(alike(60))
    }
  })

  test('blocking somebody and blocking nobody are one answer, in bytes and time', async () => {
    const viewer = await identity.register()
    // Fewer at once than the service takes before it says that it is busy.
    const people: Awaited<ReturnType<typeof identity.register>>[] = []
    while (people.length < 80)
      people.push(...(await Promise.all(Array.from({ length: 16 }, () => identity.register()))))
    const asViewer = () => ({ token: viewer.accessToken })
    let next = 0
    const { shown, share } = await compare(
      asViewer,
      asViewer,
      ['PUT', which => `/api/users/${which === 'one' ? people[next++]!.id : newId()}/block`],
      60,
    )
    expect(shown.size).toBe(1)
    expect(share, 'share of slower answers').toSatisfy(alike(60))
  })
})
