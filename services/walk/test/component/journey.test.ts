import { randomUUID } from 'node:crypto'
import { walkOperations } from '@walking-buddy/contracts/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone, WalkJson } from '../support/phone.ts'
import { type World, world } from '../support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.stop())

const walkSchema = walkOperations.getWalk.responses[200]

describe('a walk', () => {
  it('goes from request to history, the same for both', async () => {
    const [anna, ben] = await w.pair()
    const asked = await anna.request(ben.userId, {
      message: '  Round the lake? 🌊 ',
      meetingPoint: { lat: 48.001, lng: -20.002, name: 'Boathouse' },
    })
    expect(asked.status).toBe(201)
    const walk = walkSchema.parse(asked.body)
    expect(walk).toMatchObject({
      origin: 'request',
      acceptedBy: [anna.userId],
      status: 'requested',
      message: '  Round the lake? 🌊 ',
      meetingPoint: { lat: 48.001, lng: -20.002, name: 'Boathouse' },
      initiator: {
        userId: anna.userId,
        username: w.town.users.get(anna.userId)!.username,
        age: expect.any(Number),
      },
      partner: { userId: ben.userId },
      startTime: null,
      endedBy: null,
      version: 1,
    })
    expect(Date.parse(walk.expiresAt!) - Date.parse(walk.requestedAt)).toBe(15 * 60_000)
    expect(await ben.walk(walk.id)).toEqual(walk)

    const accepted = (await ben.put(walk.id, 'accept')).body as WalkJson
    expect(accepted).toMatchObject({ status: 'accepted', acceptedBy: [anna.userId, ben.userId], version: 2 })
    expect(accepted.shareFrom).toBe(accepted.respondedAt)

    const started = (await ben.post(walk.id, 'start', {})).body as WalkJson
    expect(started).toMatchObject({ status: 'in_progress', expiresAt: null, version: 3 })
    expect(Date.parse(started.shareUntil!) - Date.parse(started.startTime!)).toBe(4 * 3_600_000)

    const ended = (await anna.post(walk.id, 'end')).body as WalkJson
    expect(ended).toMatchObject({
      status: 'completed',
      endedBy: anna.userId,
      durationSeconds: 0,
      distanceMeters: null,
    })
    for (const person of [anna, ben]) {
      expect(await person.walk(walk.id)).toEqual(ended)
      const { body } = await person.call<{ items: WalkJson[] }>('GET', '/api/walks/history')
      expect(body.items).toEqual([ended])
    }
  })

  it('takes every call twice, with the same outcome, no duplicate and no 409', async () => {
    const twice = async (call: () => Promise<{ status: number; body: unknown }>): Promise<WalkJson> => {
      const first = await call()
      const second = await call()
      expect(second.status).toBe(first.status)
      expect(second.body).toEqual(first.body)
      return second.body as WalkJson
    }
    const [anna, ben] = await w.pair()
    const key = randomUUID()
    const { id } = await twice(() => anna.request(ben.userId, { message: 'hi' }, key))
    await twice(() => ben.put(id, 'accept'))
    await twice(() => ben.post(id, 'start'))
    expect((await anna.post(id, 'start')).body).toEqual((await ben.call('GET', `/api/walks/${id}`)).body)
    await twice(() => ben.call('PUT', `/api/walks/${id}/sharing`, { on: false }))
    const now = new Date(w.clock.now()).toISOString()
    await twice(() =>
      anna.call('POST', `/api/walks/${id}/track`, {
        points: [{ lat: 48, lng: -20, recordedAt: now }],
        sentAt: now,
      }),
    )
    await twice(() => anna.post(id, 'end'))
    expect((await ben.post(id, 'end')).status).toBe(200)
    const list = await anna.call<{ items: WalkJson[] }>('GET', '/api/walks')
    expect(list.body.items.map(walk => walk.id)).toEqual([id])

    const second = await w.requested(anna, ben)
    await twice(() => ben.put(second.id, 'decline'))
    const [carl, dora] = await w.pair()
    const third = await w.requested(carl, dora)
    await twice(() => carl.put(third.id, 'cancel'))
    const fourth = await w.accepted(carl, dora)
    await twice(() => dora.put(fourth.id, 'cancel'))
  })
})

describe('refusals', () => {
  const problem = async (answer: Promise<{ status: number; body: unknown; headers: Headers }>) => {
    const { status, body, headers } = await answer
    expect(headers.get('content-type')).toContain('application/problem+json')
    return [status, (body as { code: string }).code]
  }

  it('tell an illegal transition from a walk that is not one’s own', async () => {
    const [anna, ben] = await w.pair()
    const eve = await w.phone()
    const { id } = await w.requested(anna, ben)
    const illegal = [409, 'illegal-transition']
    expect(await problem(anna.put(id, 'accept'))).toEqual(illegal)
    expect(await problem(anna.put(id, 'decline'))).toEqual(illegal)
    expect(await problem(ben.put(id, 'cancel'))).toEqual(illegal)
    expect(await problem(ben.post(id, 'start'))).toEqual(illegal)
    expect(await problem(ben.post(id, 'end'))).toEqual(illegal)
    expect(await problem(ben.call('PUT', `/api/walks/${id}/sharing`, { on: true }))).toEqual(illegal)
    await ben.put(id, 'accept')
    expect(await problem(ben.put(id, 'decline'))).toEqual(illegal)
    expect(await problem(ben.post(id, 'end'))).toEqual(illegal)

    const strangers = [404, 'walk-not-found']
    const now = new Date().toISOString()
    const calls = (who: Phone, walkId: string) => [
      who.call('GET', `/api/walks/${walkId}`),
      who.call('GET', `/api/walks/${walkId}/positions`),
      who.call('GET', `/api/walks/${walkId}/route`),
      who.put(walkId, 'accept'),
      who.put(walkId, 'decline'),
      who.put(walkId, 'cancel'),
      who.post(walkId, 'start'),
      who.post(walkId, 'end'),
      who.call('PUT', `/api/walks/${walkId}/sharing`, { on: true }),
      who.call('POST', `/api/walks/${walkId}/track`, {
        points: [{ lat: 1, lng: 1, recordedAt: now }],
        sentAt: now,
      }),
    ]
    const bodies = async (walkId: string) =>
      (await Promise.all(calls(eve, walkId))).map(({ status, body }) => ({
        status,
        ...(body as object),
        requestId: '',
      }))
    for (const call of calls(eve, id)) expect(await problem(call)).toEqual(strangers)
    expect(await bodies(id)).toEqual(await bodies(randomUUID()))
  })

  it('name every fault of a request', async () => {
    const [anna, ben] = await w.pair()
    const bad = [400, 'invalid-request']
    expect(await problem(anna.request('nobody'))).toEqual(bad)
    expect(await problem(anna.request(ben.userId, { surprise: 1 }))).toEqual(bad)
    expect(await problem(anna.request(ben.userId, { message: 'x'.repeat(281) }))).toEqual(bad)
    expect(await problem(anna.request(anna.userId))).toEqual(bad)
    expect(await problem(anna.call('GET', '/api/walks?cursor=here'))).toEqual(bad)
    expect(await problem(anna.call('GET', '/api/walks/not-an-id'))).toEqual(bad)
    const { id } = await w.requested(anna, ben)
    expect(await problem(ben.call('PUT', `/api/walks/${id}/accept`, { why: 1 }))).toEqual(bad)
    const late = new Date(w.clock.now() - 3_600_000).toISOString()
    expect(await problem(anna.request(ben.userId, { meetAt: late }))).toEqual([400, 'meet-at-out-of-range'])
  })

  it('want a token', async () => {
    const response = await fetch(`${w.url()}/api/walks`)
    expect(response.status).toBe(401)
  })
})

describe('lists', () => {
  it('page through one’s walks, newest first, undisturbed by new ones', async () => {
    const [anna, ben] = await w.pair()
    const ids: string[] = []
    for (let i = 0; i < 7; i++) {
      const [by, partner] = i % 2 === 0 ? ([anna, ben] as const) : ([ben, anna] as const)
      const { id } = await w.requested(by, partner)
      ids.unshift(id)
      await by.put(id, 'cancel')
    }
    type Page = { items: WalkJson[]; nextCursor: string | null }
    const read = async (path: string): Promise<string[]> => {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const { body }: { body: Page } = await anna.call<Page>(
          'GET',
          `${path}&limit=3${cursor && `&cursor=${cursor}`}`,
        )
        // While she reads on, somebody asks her.
        if (cursor === '') await w.requested(await w.phone(), anna)
        seen.push(...body.items.map(({ id }) => id))
        cursor = body.nextCursor
      }
      return seen
    }
    expect(await read('/api/walks?')).toEqual(ids)
    const [newest] = (await anna.call<Page>('GET', '/api/walks?limit=1')).body.items
    expect(await read('/api/walks?')).toEqual([newest!.id, ...ids])
    expect(await read('/api/walks/history?')).toEqual(ids)
    expect(await read('/api/walks?role=initiator')).toEqual(ids.filter((_, i) => i % 2 === 0))
    expect(await read('/api/walks/history?role=partner')).toEqual(ids.filter((_, i) => i % 2 === 1))
    expect(await read('/api/walks/history?status=completed')).toEqual([])
    expect(await read('/api/walks/history?status=requested')).toEqual([])
    expect(await read('/api/walks?status=cancelled')).toEqual(ids)
  })
})

it('names people by their newest version, and nobody who is not known to identity', async () => {
  const [anna, ben] = await w.pair()
  const { id } = await w.accepted(anna, ben)
  const before = w.town.asked['batchGetUsers'] ?? 0
  const walk = await anna.walk(id)
  expect(walk.initiator.username).toBe(w.town.users.get(anna.userId)!.username)
  expect(w.town.asked['batchGetUsers'] ?? 0).toBe(before)
})
