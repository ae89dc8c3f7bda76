import { randomUUID } from 'node:crypto'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Connection,
  expectStatus,
  freshPlace,
  offset,
  type Person,
  register,
  request,
  walkerAt,
} from './support/client.ts'
import { type MeshUnderTest, startMeshUnderTest } from './support/mesh-under-test.ts'

let mesh: MeshUnderTest
beforeAll(async () => {
  mesh = await startMeshUnderTest()
})
afterAll(() => mesh?.stop())

interface Walk {
  id: string
  status: string
  version: number
  initiatorId: string
  partnerId: string
  acceptedBy: string[]
  message: string | null
  distanceMeters: number | null
  durationSeconds: number | null
  endedBy: string | null
}
interface Nearby {
  items: {
    userId: string
    username: string
    area: { lat: number; lng: number; radiusMeters: number }
    distanceMeters: number
  }[]
  asOf: string
}

const sees = async (viewer: Person, subject: Person) =>
  (await expectStatus(viewer.call<Nearby>('GET', '/api/users/nearby?limit=100'), 200)).items.some(
    item => item.userId === subject.id,
  )

/** Two people who see each other. */
async function neighbours(): Promise<{ ada: Person; bo: Person; at: { lat: number; lng: number } }> {
  const at = freshPlace()
  const [ada, bo] = await Promise.all([walkerAt(mesh.url, at), walkerAt(mesh.url, offset(at, 60, 80))])
  await until(async () => (await sees(ada, bo)) && (await sees(bo, ada)), {
    what: 'both are on the list of the other',
  })
  return { ada, bo, at }
}

describe('a walk by REST', () => {
  test('from register to history on both sides', async () => {
    const { ada, bo, at } = await neighbours()
    const list = await expectStatus(ada.call<Nearby>('GET', '/api/users/nearby'), 200)
    expect(list.items[0]).toMatchObject({ userId: bo.id, area: { radiusMeters: expect.any(Number) } })

    const asked = await expectStatus(
      ada.call<Walk>(
        'POST',
        '/api/walks/request',
        { partnerId: bo.id, message: 'Zum Fluss? 🌊', meetingPoint: { ...at, name: 'Bridge' } },
        { 'idempotency-key': randomUUID() },
      ),
      201,
    )
    expect(asked).toMatchObject({
      status: 'requested',
      origin: 'request',
      initiatorId: ada.id,
      partnerId: bo.id,
      message: 'Zum Fluss? 🌊',
      acceptedBy: [ada.id],
    })
    expect(await expectStatus(bo.call<Walk>('GET', `/api/walks/${asked.id}`), 200)).toMatchObject({
      id: asked.id,
      status: 'requested',
    })

    expect(await expectStatus(bo.call<Walk>('PUT', `/api/walks/${asked.id}/accept`), 200)).toMatchObject({
      status: 'accepted',
    })
    expect(await expectStatus(ada.call<Walk>('POST', `/api/walks/${asked.id}/start`, {}), 200)).toMatchObject(
      { status: 'in_progress' },
    )

    for (let step = 1; step <= 12; step++) {
      await expectStatus(
        ada.call('PUT', '/api/users/location', {
          ...offset(at, step * 8, 0),
          accuracyMeters: 5,
          recordedAt: new Date().toISOString(),
        }),
        200,
      )
      await expectStatus(
        bo.call('PUT', '/api/users/location', {
          ...offset(at, step * 8, 2),
          accuracyMeters: 5,
          recordedAt: new Date().toISOString(),
        }),
        200,
      )
      await new Promise(resolve => setTimeout(resolve, 250))
    }
    const positions = await until(async () => {
      const { items } = await expectStatus(
        bo.call<{ items: { userId: string }[] }>('GET', `/api/walks/${asked.id}/positions`),
        200,
      )
      return items.length === 2 && items
    })
    expect(new Set(positions.map(position => position.userId))).toEqual(new Set([ada.id, bo.id]))

    const ended = await expectStatus(bo.call<Walk>('POST', `/api/walks/${asked.id}/end`, {}), 200)
    expect(ended).toMatchObject({ status: 'completed', endedBy: bo.id })
    for (const person of [ada, bo]) {
      const { items } = await expectStatus(person.call<{ items: Walk[] }>('GET', '/api/walks/history'), 200)
      expect(items.map(walk => walk.id)).toEqual([asked.id])
      const route = await until(async () => {
        const { coordinates } = await expectStatus(
          person.call<{ coordinates: unknown[] }>('GET', `/api/walks/${asked.id}/route`),
          200,
        )
        return coordinates.length > 0 && coordinates
      })
      expect(route.length).toBeLessThanOrEqual(13)
    }
    const { distanceMeters } = await until(async () => {
      const walk = await expectStatus(ada.call<Walk>('GET', `/api/walks/${asked.id}`), 200)
      return walk.distanceMeters !== null && walk
    })
    expect(distanceMeters).toBeLessThan(200)
  })

  test('every call sent twice, with the first answer thrown away, ends the same', async () => {
    const at = freshPlace()
    const twice = async <T>(call: () => Promise<{ status: number; body: T; text: string }>) => {
      const first = await call()
      const second = await call()
      expect([second.status, second.text], first.text).not.toEqual([409, expect.anything()])
      expect(second.status).toBe(first.status)
      return second.body
    }
    const people = await Promise.all(
      ['one', 'two'].map(async name => {
        const key = randomUUID()
        const handle = `t${randomUUID().slice(0, 8)}`
        const body = {
          email: `${handle}@example.org`,
          password: `pass-${handle}-${name}`,
          username: handle,
          birthDate: '1988-01-31',
        }
        const { user, accessToken } = await twice(() =>
          request<{ user: { id: string }; accessToken: string }>(mesh.url, 'POST', '/api/auth/register', {
            body,
            headers: { 'idempotency-key': key },
          }),
        )
        return {
          id: user.id,
          call: <T>(method: string, path: string, payload?: unknown, headers?: Record<string, string>) =>
            request<T>(mesh.url, method, path, {
              token: accessToken,
              body: payload,
              ...(headers ? { headers } : {}),
            }),
        }
      }),
    )
    const [one, two] = people as [(typeof people)[0], (typeof people)[0]]
    for (const person of people) {
      await twice(() => person.call('PUT', '/api/users/preferences', { isLocationEnabled: true }))
      await twice(() => person.call('PUT', '/api/users/location', at))
      await twice(() => person.call('PUT', '/api/users/availability', { available: true }))
    }
    await until(async () =>
      (await one.call<Nearby>('GET', '/api/users/nearby')).body.items.some(item => item.userId === two.id),
    )
    const key = randomUUID()
    const { id } = await twice(() =>
      one.call<Walk>('POST', '/api/walks/request', { partnerId: two.id }, { 'idempotency-key': key }),
    )
    await twice(() => two.call('PUT', `/api/walks/${id}/accept`))
    await twice(() => one.call('POST', `/api/walks/${id}/start`, {}))
    const now = new Date().toISOString()
    await twice(() =>
      one.call('POST', `/api/walks/${id}/track`, { points: [{ ...at, recordedAt: now }], sentAt: now }),
    )
    await twice(() => two.call('POST', `/api/walks/${id}/end`, {}))
    const { items } = (await one.call<{ items: Walk[] }>('GET', '/api/walks')).body
    expect(items.map(walk => [walk.id, walk.status])).toEqual([[id, 'completed']])
  })
})

describe('a walk by Socket.IO', () => {
  const connections: Connection[] = []
  afterAll(() => {
    for (const connection of connections) connection.close()
  })

  test('requests, answers and positions reach the partner, and nobody else', async () => {
    const { ada, bo, at } = await neighbours()
    const eve = await walkerAt(mesh.url, offset(at, 30, 30))
    const [a, b, e] = (await Promise.all([ada, bo, eve].map(person => person.socket()))) as [
      Connection,
      Connection,
      Connection,
    ]
    connections.push(a, b, e)
    await until(() =>
      b
        .latest<{ reset?: true; added: { userId: string }[] }>('users:nearby')
        .some(delta => delta.added.some(walker => walker.userId === ada.id)),
    )

    const asked = await a.emit<Walk>('walk:request', { partnerId: bo.id, requestId: randomUUID() })
    if (!asked.ok) throw new Error(JSON.stringify(asked))
    const told = await until(() => b.durable<Walk>('walk:requested')[0])
    expect(told).toMatchObject({ seq: b.ready.seq + 1, data: { id: asked.data.id, status: 'requested' } })

    expect(await b.emit('walk:accept', { walkId: asked.data.id })).toMatchObject({
      ok: true,
      data: { status: 'accepted' },
    })
    await until(() => a.durable<Walk>('walk:accepted')[0])
    await expectStatus(ada.call('POST', `/api/walks/${asked.data.id}/start`, {}), 200)
    await until(() => b.durable<Walk>('walk:started')[0])

    const here = { ...offset(at, 400, 0), accuracyMeters: 4, recordedAt: new Date().toISOString() }
    await until(async () => {
      expect(
        await a.emit('location:update', { ...here, recordedAt: new Date().toISOString() }),
      ).toMatchObject({ ok: true })
      return b
        .latest<{ userId: string; lat: number }>('walk:position')
        .find(position => position.userId === ada.id)
    })
    expect(a.latest('walk:position').filter(position => position['userId'] === ada.id)).toEqual([])
    expect(e.events.filter(event => event.name.startsWith('walk:'))).toEqual([])

    await expectStatus(bo.call('POST', `/api/walks/${asked.data.id}/end`, {}), 200)
    await until(() => a.durable<Walk>('walk:completed')[0])
    const sequence = a.events.flatMap(({ name, data }) =>
      name.startsWith('walk:') && 'seq' in (data as object) ? [(data as { seq: number }).seq] : [],
    )
    expect(sequence).toEqual(sequence.map((_, i) => a.ready.seq + 1 + i))

    const shown = b.latest('walk:position').length
    await a.emit('location:update', { ...offset(at, 500, 0), recordedAt: new Date().toISOString() })
    await a.emit('location:update', { ...offset(at, 520, 0), recordedAt: new Date().toISOString() })
    expect(b.latest('walk:position').length).toBe(shown)
  })

  test('a phone that lost its network gets every event it missed, once and in order', async () => {
    const { ada, bo } = await neighbours()
    const first = await bo.socket()
    const { id } = await expectStatus(
      ada.call<Walk>('POST', '/api/walks/request', { partnerId: bo.id }, { 'idempotency-key': randomUUID() }),
      201,
    )
    await until(() => first.durable('walk:requested')[0])
    const from = { stream: first.ready.stream, seq: first.durable('walk:requested')[0]!.seq }
    first.socket.io.engine.close()
    await expectStatus(bo.call('PUT', `/api/walks/${id}/accept`), 200)
    await expectStatus(ada.call('PUT', `/api/walks/${id}/cancel`), 200)
    const { connect } = await import('./support/client.ts')
    const second = await connect(mesh.url, bo.token, from)
    connections.push(second)
    expect(second.ready).toMatchObject({ stream: from.stream, resumed: true })
    await until(() => second.durable('walk:cancelled')[0])
    expect(
      second.events.flatMap(({ name, data }) =>
        name.startsWith('walk:') ? [[name, (data as { seq: number }).seq]] : [],
      ),
    ).toEqual([
      ['walk:accepted', from.seq + 1],
      ['walk:cancelled', from.seq + 2],
    ])
  })
})

describe('revocation', () => {
  test('a block takes both off the other list within a second, and ends what was open', async () => {
    const { ada, bo } = await neighbours()
    const { id } = await expectStatus(
      ada.call<Walk>('POST', '/api/walks/request', { partnerId: bo.id }, { 'idempotency-key': randomUUID() }),
      201,
    )
    await expectStatus(bo.call('PUT', `/api/users/${ada.id}/block`), 204)
    const blockedMs = performance.now()
    await until(async () => !(await sees(ada, bo)) && !(await sees(bo, ada)), { withinMs: 1_500 })
    expect(performance.now() - blockedMs).toBeLessThan(1_000)
    await until(
      async () => (await expectStatus(ada.call<Walk>('GET', `/api/walks/${id}`), 200)).status === 'cancelled',
    )
    expect(
      (
        await ada.call(
          'POST',
          '/api/walks/request',
          { partnerId: bo.id },
          { 'idempotency-key': randomUUID() },
        )
      ).body,
    ).toMatchObject({ status: 404, code: 'not-available' })
  })

  test('a block holds while matching and realtime are killed: what is answered after a second does not show the other', async () => {
    const { ada, bo } = await neighbours()
    await expectStatus(bo.call('PUT', `/api/users/${ada.id}/block`), 204)
    const blockedMs = performance.now()
    for (const name of ['matching', 'realtime'] as const)
      process.kill(mesh.constellation.processes.get(name)!.pid()!, 'SIGKILL')
    let answered = 0
    let lastSeenMs = 0
    await until(
      async () => {
        const answer = await ada.call<Nearby>('GET', '/api/users/nearby?limit=100')
        if (answer.status !== 200) return false
        if (answer.body.items.some(item => item.userId === bo.id)) lastSeenMs = performance.now() - blockedMs
        else answered += 1
        return answered >= 20
      },
      { withinMs: 20_000, what: 'matching answers again' },
    )
    expect(lastSeenMs).toBeLessThan(1_000)
    const connection = await until(() => ada.socket().catch(() => undefined), { withinMs: 20_000 })
    const first = await until(
      () => connection.latest<{ reset?: true; added: { userId: string }[] }>('users:nearby')[0],
    )
    expect(first.added.map(walker => walker.userId)).not.toContain(bo.id)
    connection.close()
  })

  test('after logout the access token is refused within a second and the socket ends', async () => {
    const person = await register(mesh.url)
    const connection = await person.socket()
    await expectStatus(
      request(mesh.url, 'POST', '/api/auth/logout', { body: { refreshToken: person.refreshToken } }),
      204,
    )
    const outMs = performance.now()
    await until(async () => (await person.call('GET', '/api/walks')).status === 401)
    expect(performance.now() - outMs).toBeLessThan(1_000)
    await until(() => connection.socket.disconnected, { withinMs: 5_000 })
  })
})
