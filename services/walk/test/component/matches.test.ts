import { randomUUID } from 'node:crypto'
import { WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import { isAppError } from '@walking-buddy/errors'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WalkJson } from '../support/phone.ts'
import { type WalkClient, type World, world } from '../support/world.ts'

let w: World
let matching: WalkClient
beforeAll(async () => {
  w = await world()
  matching = await w.as('matching')
})
afterAll(() => w?.stop())

const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    error => (isAppError(error) ? error.code : String(error)),
  )

it('a match is proposed once, however often, and is on when both are in', async () => {
  const [anna, ben] = await w.pair()
  const match = { matchId: randomUUID(), initiatorId: anna.userId, partnerId: ben.userId }
  const answers = await Promise.all(Array.from({ length: 5 }, () => matching.proposeWalk(match)))
  const [id, ...others] = [...new Set(answers.map(({ walk }) => walk!.walkId))]
  expect(others).toEqual([])
  const walk = await anna.walk(id!)
  expect(walk).toMatchObject({ origin: 'match', acceptedBy: [], status: 'requested' })
  expect(Date.parse(walk.expiresAt!) - Date.parse(walk.requestedAt)).toBe(60_000)
  expect((await ben.put(id!, 'accept')).body).toMatchObject({ status: 'requested', acceptedBy: [ben.userId] })
  expect((await anna.put(id!, 'accept')).body).toMatchObject({
    status: 'accepted',
    acceptedBy: [ben.userId, anna.userId],
  })
  expect((await matching.proposeWalk(match)).walk).toMatchObject({ walkId: id, status: WalkStatus.ACCEPTED })
})

it('nobody is in two open matches, nor in one with somebody who blocks them, nor while they have a walk', async () => {
  const [anna, ben] = await w.pair()
  const [carl, dora] = await w.pair()
  const propose = (one: string, other: string) =>
    matching.proposeWalk({ matchId: randomUUID(), initiatorId: one, partnerId: other })
  const proposals = await Promise.all([
    codeOf(propose(anna.userId, ben.userId)),
    codeOf(propose(ben.userId, carl.userId)),
    codeOf(propose(carl.userId, anna.userId)),
  ])
  expect(proposals.sort()).toEqual(['done', 'in-open-match', 'in-open-match'])
  const erik = await w.phone()
  w.town.block(dora.userId, erik.userId)
  expect(await codeOf(propose(erik.userId, dora.userId))).toBe('not-available')
  const [fay, gus] = await w.pair()
  await w.accepted(fay, gus)
  expect(await codeOf(propose(gus.userId, (await w.phone()).userId))).toBe('busy')
})

it('a match that is not answered within its time expires, and is told of', async () => {
  const [anna, ben] = await w.pair()
  const { walk } = await matching.proposeWalk({
    matchId: randomUUID(),
    initiatorId: anna.userId,
    partnerId: ben.userId,
    expiresAt: new Date(w.clock.now() + 20_000),
  })
  await anna.put(walk!.walkId, 'accept')
  w.clock.forward(20_500)
  const expired = await until(async () => {
    const now = await ben.walk(walk!.walkId)
    return now.status === 'expired' && now
  })
  expect(expired.acceptedBy).toEqual([anna.userId])
})

it('only the services that the contract names may call', async () => {
  const location = await w.as('location')
  expect(
    await codeOf(location.proposeWalk({ matchId: 'm', initiatorId: randomUUID(), partnerId: randomUUID() })),
  ).toBe('caller-not-allowed')
  const realtime = await w.as('realtime')
  expect(await codeOf(realtime.checkAcquaintance({ userId: randomUUID(), otherUserId: randomUUID() }))).toBe(
    'caller-not-allowed',
  )
})

it('people are acquainted by an open request, a walk that is on, or one of the last 30 days', async () => {
  const identity = await w.as('identity')
  const acquainted = async (one: string, other: string) =>
    (await identity.checkAcquaintance({ userId: one, otherUserId: other })).acquainted
  const [anna, ben] = await w.pair()
  expect(await acquainted(anna.userId, ben.userId)).toBe(false)
  const { id } = await w.requested(anna, ben)
  expect(await acquainted(ben.userId, anna.userId)).toBe(true)
  await anna.put(id, 'cancel')
  expect(await acquainted(anna.userId, ben.userId)).toBe(false)
  const walk = await w.started(anna, ben)
  expect(await acquainted(anna.userId, ben.userId)).toBe(true)
  await anna.post(walk.id, 'end')
  expect(await acquainted(anna.userId, ben.userId)).toBe(true)
  w.clock.forward(30 * 24 * 3_600_000 + 60_000)
  expect(await acquainted(anna.userId, ben.userId)).toBe(false)
})

it('walks are told to realtime as their two people see them, and to nobody else', async () => {
  const realtime = await w.as('realtime')
  const [anna, ben] = await w.pair()
  const walk = await w.requested(anna, ben, {
    message: 'hello',
    meetingPoint: { lat: 48, lng: -20, name: null },
  })
  const seenBy = async (viewerId: string) =>
    (await realtime.batchGetWalks({ viewerId, walkIds: [walk.id, randomUUID()] })).walks
  const [seen] = await seenBy(ben.userId)
  expect(seen).toMatchObject({
    message: 'hello',
    meetingPoint: { lat: 48, lng: -20, name: '' },
    initiator: { userId: anna.userId, username: walk.initiator.username },
    walk: { walkId: walk.id, version: 1, expiresAt: new Date(walk.expiresAt!) },
  })
  expect(await seenBy((await w.phone()).userId)).toEqual([])
  const bySocket = await realtime.acceptWalk({ userId: ben.userId, walkId: walk.id })
  expect(bySocket.walk?.walk?.status).toBe(WalkStatus.ACCEPTED)
  expect(((await ben.put(walk.id, 'accept')).body as WalkJson).version).toBe(2)
})
