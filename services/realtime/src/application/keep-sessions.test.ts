import type { Caller } from '@walking-buddy/access'
import { unauthenticated } from '@walking-buddy/errors'
import { fakeClock } from '@walking-buddy/testkit'
import { beforeEach, expect, test } from 'vitest'
import { connections } from './connections.ts'
import { sessionKeeper } from './keep-sessions.ts'
import type { Connection } from './ports.ts'

const clock = fakeClock()
const callerFor = (seconds: number, more: Partial<Caller> = {}): Caller => ({
  userId: 'ann',
  sessionId: 's1',
  roles: [],
  expiresAtMs: clock.now() + seconds * 1000,
  ...more,
})

interface Recorded extends Connection {
  writable: boolean
  told: string[]
}
function connectionOf(caller: Caller): Recorded {
  const told: string[] = []
  return {
    id: 'c',
    caller,
    writable: true,
    told,
    tell: name => void told.push(name),
    deliver: () => {},
    offer: () => {},
    end: () => void told.push('(ended)'),
    cut: () => void told.push('(cut)'),
  }
}

let open = connections()
let nextCaller: Caller
const keeperOf = () =>
  sessionKeeper({
    connections: open,
    accessTokens: { verify: async () => nextCaller },
    sessions: { assertActive: async () => {}, isSuspended: userId => userId === 'suspended' },
    clock,
  })

beforeEach(() => {
  open = connections()
})

test('a session is warned once, and ended when its token ends', async () => {
  const connection = connectionOf(callerFor(120))
  open.add(connection)
  const keeper = keeperOf()
  for (let second = 0; second < 130; second++) {
    keeper.sweep()
    await clock.advance(1_000)
    if (connection.told.includes('(ended)')) open.remove(connection)
  }
  expect(connection.told).toEqual(['session:expiring', 'session:expired', '(ended)'])
})

test('a refreshed session is warned again before the end of its new token', async () => {
  const connection = connectionOf(callerFor(30))
  open.add(connection)
  const keeper = keeperOf()
  keeper.sweep()
  nextCaller = callerFor(50)
  expect(await keeper.refresh(connection, 'token')).toBe(50)
  keeper.sweep()
  expect(connection.told).toEqual(['session:expiring', 'session:expiring'])
})

test('a token that was overtaken by a later one does not shorten the session', async () => {
  const connection = connectionOf(callerFor(600))
  open.add(connection)
  nextCaller = callerFor(100)
  expect(await keeperOf().refresh(connection, 'token')).toBe(600)
})

test('a reader who takes nothing for 15 s is cut; one who is slow now and then is not', async () => {
  const [stuck, slow] = [connectionOf(callerFor(600)), connectionOf(callerFor(600))]
  open.add(stuck)
  open.add(slow)
  stuck.writable = false
  const keeper = keeperOf()
  for (let second = 0; second <= 15; second++) {
    slow.writable = second % 5 === 0
    keeper.sweep()
    await clock.advance(1_000)
  }
  expect(stuck.told).toEqual(['(cut)'])
  expect(slow.told).toEqual([])
})

test('an expired token is refused even before the sweep has come by', async () => {
  await expect(keeperOf().assertAlive(connectionOf(callerFor(0)))).rejects.toMatchObject(
    unauthenticated('unauthorized', 'The access token has expired.'),
  )
})

test('a suspension that was taken back since ends nothing', () => {
  const connection = connectionOf(callerFor(600))
  open.add(connection)
  keeperOf().revoke({ $case: 'userSuspended', value: { userId: 'ann' } })
  expect(connection.told).toEqual([])
})
