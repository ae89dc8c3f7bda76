import { silentLogger } from '@walking-buddy/telemetry'
import { fakeClock } from '@walking-buddy/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { dueWorker } from './due-worker.ts'

const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

/** A worker whose work says that it is wanted again at `next()`. */
async function working(next: () => Date | undefined, fail: () => boolean = () => false) {
  const clock = fakeClock()
  const startMs = clock.now()
  const ranAt: number[] = []
  const work = async () => {
    ranAt.push(clock.now() - startMs)
    if (fail()) throw new Error('the store is away')
    return next()
  }
  const { value, stop } = await dueWorker({ work, longestSleepMs: 5_000, clock, log: silentLogger() })(
    'worker',
  )
  ending.push(async () => {
    const stopped = stop!(new AbortController().signal)
    await clock.advance(0)
    await stopped
  })
  await clock.advance(0)
  return { worker: value, clock, ranAt, at: (ms: number) => new Date(startMs + ms) }
}

describe('a worker', () => {
  it('works at the very moment that something is due, and looks around every now and then', async () => {
    let due: Date | undefined
    const { clock, ranAt, at } = await working(() => due)
    due = at(7_300)
    await clock.advance(5_000)
    expect(ranAt).toEqual([0, 5_000])
    due = undefined
    await clock.advance(2_299)
    expect(ranAt.length).toBe(2)
    await clock.advance(1)
    expect(ranAt).toEqual([0, 5_000, 7_300])
  })

  it('is told of what is due earlier, and not woken for what is due later', async () => {
    const { worker, clock, ranAt, at } = await working(() => undefined)
    worker.expect(at(1_500))
    worker.expect(at(4_000))
    await clock.advance(0)
    await clock.advance(1_499)
    expect(ranAt).toEqual([0])
    await clock.advance(1)
    expect(ranAt).toEqual([0, 1_500])
  })

  it('tries again a second after a failure', async () => {
    let failures = 2
    const { clock, ranAt } = await working(
      () => undefined,
      () => failures-- > 0,
    )
    await clock.advance(2_000)
    expect(ranAt).toEqual([0, 1_000, 2_000])
  })
})
