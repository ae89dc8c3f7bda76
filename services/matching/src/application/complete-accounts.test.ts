import { cellAt } from '@walking-buddy/cells'
import { unavailable } from '@walking-buddy/errors'
import { silentLogger } from '@walking-buddy/telemetry'
import { fakeClock, until } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import { accountOf, someTown, userIdOf } from '../../test/town.ts'
import { accountCompletion } from './complete-accounts.ts'

async function completing() {
  const { walkers } = someTown({ users: 1 })
  const clock = fakeClock()
  const ready = Promise.withResolvers<void>()
  const asked: (readonly string[])[] = []
  const unknown = new Set<string>()
  let failures = 0
  const accounts = {
    async byIds(userIds: readonly string[]) {
      asked.push(userIds)
      if (failures > 0) {
        failures -= 1
        throw unavailable('unavailable')
      }
      return userIds.filter(id => !unknown.has(id)).map(id => accountOf(id))
    },
    apartFrom: async () => [],
  }
  const part = accountCompletion({
    walkers,
    accounts,
    ready: ready.promise,
    clock,
    log: silentLogger(),
    random: () => 1,
  })
  const { stop } = await part('missing accounts')
  return {
    walkers,
    clock,
    asked,
    unknown,
    ready: ready.resolve,
    fail: (times: number) => {
      failures = times
    },
    publish: (userId: string, version = 1) =>
      walkers.learnPresence({ userId, version, cell: cellAt(48, -20, 200), lastSeenMs: 0 }),
    isListed: (userId: string) => walkers.cellOf(walkers.find(userId)) !== undefined,
    stop: () => stop!(AbortSignal.timeout(1_000)),
  }
}

describe('accounts of published people', () => {
  test('are asked for once the topics have been read, five hundred at a time', async () => {
    const { publish, asked, ready, isListed, stop } = await completing()
    const strangers = Array.from({ length: 1_200 }, (_, i) => userIdOf(1_000 + i))
    for (const userId of strangers) publish(userId)
    await new Promise(setImmediate)
    expect(asked).toEqual([])
    ready()
    await until(() => strangers.every(isListed))
    expect(asked.map(batch => batch.length)).toEqual([500, 500, 200])
    await stop()
  })

  test('are asked for again until identity answers, and not again where it does not know them', async () => {
    const { publish, asked, unknown, ready, fail, clock, isListed, stop } = await completing()
    ready()
    fail(2)
    const [known, stranger] = [userIdOf(1_001), userIdOf(1_002)]
    unknown.add(stranger)
    publish(known)
    publish(stranger)
    await until(async () => {
      await clock.advance(10_000)
      return isListed(known)
    })
    const calls = asked.length
    await clock.advance(600_000)
    expect(asked).toHaveLength(calls)
    expect(isListed(stranger)).toBe(false)
    unknown.clear()
    publish(stranger, 2)
    await until(() => isListed(stranger))
    await stop()
  })
})
