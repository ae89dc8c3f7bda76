import { randomUUID } from 'node:crypto'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone, WalkJson } from '../support/phone.ts'
import { type World, world } from '../support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.stop())

const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code
const inHours = (hours: number): string => new Date(w.clock.now() + hours * 3_600_000).toISOString()

describe('who may be asked', () => {
  it('is one and the same answer for everybody who may not, in body and headers', async () => {
    const anna = await w.phone()
    const hidden = await w.phone()
    const blocker = await w.phone()
    w.town.list(anna.userId, blocker.userId)
    w.town.block(blocker.userId, anna.userId)
    const blocked = await w.phone()
    w.town.list(anna.userId, blocked.userId)
    w.town.block(anna.userId, blocked.userId)
    const suspended = await w.phone()
    w.town.list(anna.userId, suspended.userId)
    w.town.suspend(suspended.userId)
    const seen = new Set<string>()
    const answers = []
    for (const partnerId of [randomUUID(), hidden.userId, blocker.userId, blocked.userId, suspended.userId]) {
      const before = { ...w.town.asked }
      const { status, body, headers } = await anna.request(partnerId, {}, randomUUID())
      const told = Object.fromEntries(headers)
      seen.add(
        JSON.stringify({ ...told, date: '', 'x-request-id': '', 'content-length': told['content-length'] }),
      )
      answers.push({ status, ...(body as object), requestId: '' })
      // The owners are asked the same questions whoever it is: no shorter way, no shorter time.
      for (const method of ['checkPair', 'checkListed'])
        expect(w.town.asked[method]).toBe((before[method] ?? 0) + 1)
      expect(w.town.asked['batchGetUsers'] ?? 0).toBe(before['batchGetUsers'] ?? 0)
    }
    expect(answers[0]).toMatchObject({ status: 404, code: 'not-available' })
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(seen.size).toBe(1)
  })

  it('includes a partner of the last 30 days, with an hour of notice', async () => {
    const [anna, ben] = await w.pair()
    const { id } = await w.started(anna, ben)
    await anna.post(id, 'end')
    w.town.unlist(anna.userId, ben.userId)
    expect(codeOf(await anna.request(ben.userId))).toBe('not-available')
    expect(codeOf(await anna.request(ben.userId, { meetAt: inHours(0.9) }))).toBe('not-available')
    expect((await anna.request(ben.userId, { meetAt: inHours(1.1) })).status).toBe(201)
    w.clock.forward(31 * 24 * 3_600_000)
    await until(
      async () =>
        (await ben.call<{ items: WalkJson[] }>('GET', '/api/walks?status=requested')).body.items.length === 0,
    )
    expect(codeOf(await anna.request(ben.userId, { meetAt: inHours(2) }))).toBe('not-available')
  })

  it('cannot be decided while identity or matching is silent', async () => {
    const [anna, ben] = await w.pair()
    for (const service of ['identity', 'matching'] as const) {
      w.town.silence(service, true)
      const key = randomUUID()
      const { status, headers } = await anna.request(ben.userId, {}, key)
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toBe('1')
      w.town.silence(service, false)
      const again = await until(async () => {
        const answer = await anna.request(ben.userId, {}, key)
        return answer.status !== 503 && answer
      })
      expect(again.status).toBe(201)
      await anna.put((again.body as WalkJson).id, 'cancel')
    }
  })
})

describe('limits', () => {
  it('hold under 50 requests at once: five are open, each once', async () => {
    const anna = await w.phone()
    const others = await Promise.all(Array.from({ length: 50 }, () => w.phone()))
    for (const other of others) w.town.list(anna.userId, other.userId)
    const answers = await Promise.all(others.map(other => anna.request(other.userId, {}, randomUUID())))
    expect(answers.filter(({ status }) => status === 201).length).toBe(5)
    expect(new Set(answers.filter(({ status }) => status !== 201).map(codeOf))).toEqual(
      new Set(['too-many-open-requests']),
    )
    const [{ open }] = (await w.database.query(
      `SELECT count(*)::int AS open FROM walks WHERE initiator_id = $1 AND status = 'requested'`,
      [anna.userId],
    )) as [{ open: number }]
    expect(open).toBe(5)
  })

  it('let one request of a pair be open, whoever asks, also when both ask at once', async () => {
    const [anna, ben] = await w.pair()
    w.town.list(ben.userId, anna.userId)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        i % 2 === 0 ? anna.request(ben.userId) : ben.request(anna.userId),
      ),
    )
    expect(answers.filter(({ status }) => status === 201).length).toBe(1)
    expect(new Set(answers.filter(({ status }) => status !== 201).map(codeOf))).toEqual(
      new Set(['request-open']),
    )
  })

  it('let a pair rest for 7 days after a decline, in both directions, and block or not', async () => {
    const [anna, ben] = await w.pair()
    w.town.list(ben.userId, anna.userId)
    const { id } = await w.requested(anna, ben)
    await ben.put(id, 'decline')
    expect(codeOf(await anna.request(ben.userId))).toBe('resting')
    expect(codeOf(await ben.request(anna.userId))).toBe('resting')
    w.town.block(ben.userId, anna.userId)
    expect(codeOf(await anna.request(ben.userId))).toBe('resting')
    w.town.unblock(ben.userId, anna.userId)
    w.clock.forward(7 * 24 * 3_600_000 + 1_000)
    expect((await anna.request(ben.userId)).status).toBe(201)
  })

  it('let nobody ask more than 30 times a day', async () => {
    const anna = await w.phone()
    for (let i = 0; i < 30; i++) {
      const { id } = await w.requested(anna, await w.phone())
      await anna.put(id, 'cancel')
    }
    const other = await w.phone()
    w.town.list(anna.userId, other.userId)
    const { status, body, headers } = await anna.request(other.userId)
    expect([status, codeOf({ body })]).toEqual([429, 'too-many-requests-today'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(86_000)
    w.clock.forward(24 * 3_600_000)
    expect((await anna.request(other.userId)).status).toBe(201)
  })
})

describe('a repeated request', () => {
  it('gets the first answer, by REST and by socket in one space', async () => {
    const [anna, ben] = await w.pair()
    const key = randomUUID()
    const first = await anna.request(ben.userId, { message: 'hi', meetAt: inHours(3) }, key)
    await ben.put((first.body as WalkJson).id, 'accept')
    const meetAt = (first.body as WalkJson).meetAt!
    const again = await anna.request(ben.userId, { message: 'hi', meetAt }, key)
    expect([again.status, again.body]).toEqual([201, first.body])
    const realtime = await w.as('realtime')
    const bySocket = await realtime.requestWalk({
      userId: anna.userId,
      partnerId: ben.userId,
      message: 'hi',
      meetAt: new Date(meetAt),
      idempotencyKey: key,
    })
    expect(bySocket.walk?.walk).toMatchObject({ walkId: (first.body as WalkJson).id, version: 1 })
    expect(codeOf(await anna.request(ben.userId, { message: 'ho', meetAt }, key))).toBe(
      'idempotency-key-reused',
    )
  })

  it('gets the first refusal too, whatever has changed', async () => {
    const anna = await w.phone()
    const ben = await w.phone()
    const key = randomUUID()
    expect(codeOf(await anna.request(ben.userId, {}, key))).toBe('not-available')
    w.town.list(anna.userId, ben.userId)
    expect(codeOf(await anna.request(ben.userId, {}, key))).toBe('not-available')
    expect((await anna.request(ben.userId, {}, randomUUID())).status).toBe(201)
  })

  it('asks once, however many at once', async () => {
    const [anna, ben] = await w.pair()
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 12 }, () => anna.request(ben.userId, {}, key)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(answers.map(({ body }) => (body as WalkJson).id)).size).toBe(1)
  })
})

describe('who is busy', () => {
  const accept = async (partner: Phone, meetAt: string | null) => {
    const walk = await w.requested(await w.phone(), partner, meetAt ? { meetAt } : {})
    return partner.put(walk.id, 'accept')
  }

  it('may be asked, but accepts no second walk within 2 h of another', async () => {
    const ben = await w.phone()
    expect((await accept(ben, inHours(5))).status).toBe(200)
    expect(codeOf(await accept(ben, inHours(6.9)))).toBe('busy')
    expect(codeOf(await accept(ben, inHours(3.1)))).toBe('busy')
    expect((await accept(ben, inHours(7.1))).status).toBe(200)
    expect((await accept(ben, null)).status).toBe(200)
    expect(codeOf(await accept(ben, null))).toBe('busy')
  })

  it('accepts one of many at once', async () => {
    const ben = await w.phone()
    const walks = []
    for (let i = 0; i < 8; i++) walks.push(await w.requested(await w.phone(), ben))
    const answers = await Promise.all(walks.map(({ id }) => ben.put(id, 'accept')))
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    expect(new Set(answers.filter(({ status }) => status !== 200).map(codeOf))).toEqual(new Set(['busy']))
  })

  it('walks with one person at a time', async () => {
    const anna = await w.phone()
    const [ben, carl] = [await w.phone(), await w.phone()]
    const first = await w.accepted(anna, ben)
    const second = await w.accepted(anna, carl)
    expect((await anna.post(first.id, 'start')).status).toBe(200)
    expect(codeOf(await carl.post(second.id, 'start'))).toBe('busy')
    await anna.post(first.id, 'end')
    expect((await carl.post(second.id, 'start')).status).toBe(200)
  })
})
