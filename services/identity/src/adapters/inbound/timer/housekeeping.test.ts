import { capturedLog, fakeClock } from '@walking-buddy/testkit'
import { expect, test } from 'vitest'
import { housekeeping } from './housekeeping.ts'

test('every chore is done at once and then now and then, whatever happens to another', async () => {
  const clock = fakeClock()
  const { log, lines } = capturedLog('identity')
  let done = 0
  const chores = {
    fails: async () => {
      throw new Error('not now')
    },
    works: async () => {
      done += 1
    },
  }
  const { stop } = await housekeeping({ chores, everyMs: 1_000, clock, log })('housekeeping')
  await clock.advance(0)
  expect(done).toBe(1)
  await clock.advance(999)
  expect(done).toBe(1)
  await clock.advance(1)
  expect(done).toBe(2)
  expect(lines().filter(line => line.includes('"chore":"fails"'))).toHaveLength(2)
  await stop!(AbortSignal.timeout(1_000))
  await clock.advance(10_000)
  expect(done).toBe(2)
})
