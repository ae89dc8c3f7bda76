import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone, WalkJson } from '../support/phone.ts'
import { type World, world } from '../support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.stop())

const goneWithinASecond = async (person: Phone, id: string): Promise<WalkJson> => {
  const startedMs = performance.now()
  const walk = await until(async () => {
    const now = await person.walk(id)
    return now.status === 'cancelled' && now
  })
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  return walk
}

describe('a block', () => {
  it('ends a request, an accepted walk and one in progress within a second', async () => {
    for (const open of [w.requested, w.accepted, w.started]) {
      const [anna, ben] = await w.pair()
      const { id } = await open(anna, ben)
      w.town.block(ben.userId, anna.userId)
      await goneWithinASecond(anna, id)
    }
  })

  it('looks to both like any cancellation', async () => {
    const shape = ({ id, initiatorId, partnerId, initiator, partner, acceptedBy, ...rest }: WalkJson) =>
      Object.fromEntries(
        Object.entries(rest).map(([key, value]) => [
          key,
          typeof value === 'string' && /T.*Z$/.test(value) ? 'instant' : value,
        ]),
      )
    for (const open of [w.requested, w.accepted, w.started]) {
      const [anna, ben] = await w.pair()
      const blocked = await open(anna, ben)
      w.town.block(anna.userId, ben.userId)
      const [carl, dora] = await w.pair()
      const cancelled = await open(carl, dora)
      await carl.put(cancelled.id, 'cancel')
      const settled = async (person: Phone, id: string) => {
        await goneWithinASecond(person, id)
        return shape(await person.walk(id))
      }
      expect(await settled(ben, blocked.id)).toEqual(await settled(dora, cancelled.id))
    }
  })

  it('leaves walks with others alone, and those that are over', async () => {
    const [anna, ben] = await w.pair()
    const [carl] = await w.pair()
    const done = await w.started(anna, ben)
    await anna.post(done.id, 'end')
    const other = await w.accepted(anna, carl)
    w.town.block(ben.userId, anna.userId)
    const probe = await w.pair()
    const { id } = await w.requested(...probe)
    w.town.block(probe[0].userId, probe[1].userId)
    await goneWithinASecond(probe[0], id)
    expect((await anna.walk(done.id)).status).toBe('completed')
    expect((await anna.walk(other.id)).status).toBe('accepted')
  })

  it('that was taken back ends nothing when it is heard of again', async () => {
    const [anna, ben] = await w.pair()
    w.town.block(ben.userId, anna.userId)
    w.town.unblock(ben.userId, anna.userId)
    const { id } = await w.accepted(anna, ben)
    const version = (await anna.walk(id)).version
    // The watch starts over with all of the last 15 minutes.
    await w.restart()
    const probe = await w.pair()
    const other = await w.requested(...probe)
    w.town.block(probe[0].userId, probe[1].userId)
    await goneWithinASecond(probe[0], other.id)
    expect(await anna.walk(id)).toMatchObject({ status: 'accepted', version })
  })
})

it('a suspension ends all open walks of a person within a second', async () => {
  const [anna, ben] = await w.pair()
  const [carl] = await w.pair()
  const ids = [(await w.started(anna, ben)).id, (await w.requested(carl, anna)).id]
  w.town.suspend(anna.userId)
  await goneWithinASecond(ben, ids[0]!)
  await goneWithinASecond(carl, ids[1]!)
})

it('without a word of identity nobody accepts, rather than somebody who is blocked', async () => {
  const [anna, ben] = await w.pair()
  const { id } = await w.requested(anna, ben)
  const realtime = await w.as('realtime')
  const accept = () => realtime.acceptWalk({ userId: ben.userId, walkId: id })
  w.town.silence('identity', true)
  // The watch has gone stale: sessions are asked about too.
  await until(async () => (await ben.call('GET', '/api/walks')).status === 503)
  await expect(accept()).rejects.toMatchObject({ kind: 'unavailable' })
  w.town.silence('identity', false)
  expect((await until(accept)).walk?.walk?.version).toBe(2)
})
