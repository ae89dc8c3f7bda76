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

const minuteMs = 60_000
const overWithin = async (person: Phone, id: string, withinMs: number): Promise<WalkJson> =>
  until(
    async () => {
      const walk = await person.walk(id)
      return ['expired', 'completed'].includes(walk.status) && walk
    },
    { withinMs },
  )

describe('time', () => {
  it('expires a request within a second of its moment', async () => {
    const [anna, ben] = await w.pair()
    const { id, expiresAt } = await w.requested(anna, ben)
    w.clock.forward(Date.parse(expiresAt!) - w.clock.now() - 500)
    expect((await anna.walk(id)).status).toBe('requested')
    expect(await overWithin(anna, id, 1_500)).toMatchObject({ status: 'expired', version: 2 })
  })

  it('expires an accepted walk an hour after meeting, and completes one after 4 h', async () => {
    const [anna, ben] = await w.pair()
    const waiting = await w.accepted(anna, ben)
    const [carl, dora] = await w.pair()
    const going = await w.started(carl, dora)
    w.clock.forward(61 * minuteMs)
    expect(await overWithin(ben, waiting.id, 1_500)).toMatchObject({
      status: 'expired',
      shareUntil: waiting.shareUntil,
    })
    expect((await carl.walk(going.id)).status).toBe('in_progress')
    w.clock.forward(3 * 60 * minuteMs)
    const completed = await overWithin(dora, going.id, 1_500)
    expect(completed).toMatchObject({ status: 'completed', endedBy: null, durationSeconds: 4 * 3_600 })

    // A phone comes back and knows better.
    const occurredAt = new Date(Date.parse(going.startTime!) + 90 * minuteMs).toISOString()
    const corrected = (await dora.post(going.id, 'end', { occurredAt })).body as WalkJson
    expect(corrected).toMatchObject({ status: 'completed', endedBy: dora.userId, durationSeconds: 90 * 60 })
  })

  it('lets nobody accept what is over, though the clock has not come around to it', async () => {
    const [anna, ben] = await w.pair()
    const { id, expiresAt } = await w.requested(anna, ben)
    // The row is held, so that the clock passes it over.
    const holding = w.database.query('SELECT pg_sleep(1.5) FROM walks WHERE id = $1 FOR UPDATE', [id])
    await until(
      async () => (await w.database.query(`SELECT FROM pg_locks WHERE mode = 'RowShareLock'`)).length > 0,
    )
    w.clock.forward(Date.parse(expiresAt!) - w.clock.now() + 100)
    const answer = await ben.put(id, 'accept')
    expect([answer.status, (answer.body as { code: unknown }).code]).toEqual([409, 'illegal-transition'])
    // The pair is free to ask again, too.
    const key = randomUUID()
    await holding
    expect((await anna.request(ben.userId, {}, key)).status).toBe(201)
    expect((await anna.walk(id)).status).toBe('expired')
  })

  it('goes on after a restart with what came due meanwhile', async () => {
    const [anna, ben] = await w.pair()
    const { id } = await w.requested(anna, ben)
    await w.process.stop()
    w.clock.forward(16 * minuteMs)
    await w.restart()
    expect((await overWithin(anna, id, 2_000)).status).toBe('expired')
  })
})
