import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Answer, WalkJson } from '../support/phone.ts'
import { type World, world } from '../support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w?.stop())

const expectTruth = (wish: string, answer: Answer, outcome: string): void => {
  const { status, body } = answer
  if (status === 200) expect([wish, (body as WalkJson).status]).toEqual([outcome, outcome])
  else expect([status, (body as { code: string }).code]).toEqual([409, 'illegal-transition'])
}

it('1,000 clients race to accept and decline: one wins, and everyone is told the truth', async () => {
  const [anna, ben] = await w.pair()
  const { id } = await w.requested(anna, ben)
  const wishes = Array.from(
    { length: 1_000 },
    (_, i) => (i % 2 === 0 ? 'accept' : 'decline') as 'accept' | 'decline',
  )
  const answers = await Promise.all(wishes.map(wish => ben.put(id, wish)))
  const { status: outcome, version } = await anna.walk(id)
  expect(['accepted', 'declined']).toContain(outcome)
  expect(version).toBe(2)
  answers.forEach((answer, i) => {
    expectTruth(wishes[i] === 'accept' ? 'accepted' : 'declined', answer, outcome)
  })
  expect(answers.filter(({ status }) => status === 200).length).toBe(500)
})

it('two instances race on one walk: the row decides, and both tell the truth', async () => {
  const there = await w.another()
  for (let round = 0; round < 5; round++) {
    const [anna, ben] = await w.pair()
    const { id } = await w.requested(anna, ben)
    const phones = [ben, await w.phone(ben.userId, there)]
    const wishes = Array.from(
      { length: 40 },
      (_, i) => (i % 3 === 0 ? 'decline' : 'accept') as 'accept' | 'decline',
    )
    const answers = await Promise.all(wishes.map((wish, i) => phones[i % 2]!.put(id, wish)))
    const { status: outcome, version } = await anna.walk(id)
    expect(version).toBe(2)
    answers.forEach((answer, i) => {
      expectTruth(wishes[i] === 'accept' ? 'accepted' : 'declined', answer, outcome)
    })
  }
})

it('accept and take back race: each that was acknowledged has happened, as one event', async () => {
  for (let round = 0; round < 10; round++) {
    const [anna, ben] = await w.pair()
    const { id } = await w.requested(anna, ben)
    const [accepted, cancelled] = await Promise.all([ben.put(id, 'accept'), anna.put(id, 'cancel')])
    const walk = await anna.walk(id)
    expect([accepted.status, cancelled.status]).toContain(200)
    expect(walk.status).toBe(cancelled.status === 200 ? 'cancelled' : 'accepted')
    const events = (accepted.status === 200 ? 1 : 0) + (cancelled.status === 200 ? 1 : 0)
    expect(walk.version).toBe(1 + events)
  }
})

it('both start and both end at once: one walk, one start, one end', async () => {
  const [anna, ben] = await w.pair()
  const { id } = await w.accepted(anna, ben)
  const starts = await Promise.all([anna, ben, anna, ben].map(person => person.post(id, 'start')))
  expect(new Set(starts.map(({ status, body }) => `${status} ${(body as WalkJson).startTime}`)).size).toBe(1)
  const ends = await Promise.all([anna, ben, anna, ben].map(person => person.post(id, 'end')))
  expect(new Set(ends.map(({ status, body }) => `${status} ${(body as WalkJson).endedBy}`)).size).toBe(1)
  expect((await anna.walk(id)).version).toBe(4)
})
