import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attempted, blockedUntil, type Throttle, type ThrottlePolicy, unattempted } from './throttle.ts'

const policy: ThrottlePolicy = {
  freeAttempts: 5,
  firstDelayMs: 1_000,
  maxDelayMs: 900_000,
  forgetAfterMs: 86_400_000,
}
const start = Date.UTC(2026, 2, 10)
const at = (ms: number) => new Date(start + ms)

/** Tries at each time and says which were admitted. */
function admitted(timesMs: readonly number[]): number[] {
  let throttle: Throttle | undefined
  return timesMs.filter(time => {
    if (blockedUntil(throttle, at(time))) return false
    throttle = attempted(throttle, policy, at(time))
    return true
  })
}

describe('throttle', () => {
  test('five attempts cost nothing, then each waits twice as long as the last, up to 15 minutes', () => {
    let throttle: Throttle | undefined
    const waits: number[] = []
    let now = 0
    for (let i = 0; i < 18; i++) {
      throttle = attempted(throttle, policy, at(now))
      waits.push(throttle.blockedUntil.getTime() - start - now)
      now += waits.at(-1)!
    }
    expect(waits.map(wait => wait / 1_000)).toEqual([
      0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900,
    ])
  })

  test('however an attacker spreads attempts over a day, no more than 110 are admitted', () => {
    const everySecond = Array.from({ length: 86_400 }, (_, second) => second * 1_000)
    expect(admitted(everySecond).length).toBeLessThanOrEqual(110)
    fc.assert(
      fc.property(fc.array(fc.nat(86_399_999), { maxLength: 500 }), times => {
        expect(admitted(times.sort((a, b) => a - b)).length).toBeLessThanOrEqual(110)
      }),
    )
  })

  test('a day without an attempt is a new start', () => {
    let throttle: Throttle | undefined
    for (let i = 0; i < 10; i++) throttle = attempted(throttle, policy, at(0))
    expect(attempted(throttle, policy, at(86_400_000)).attempts).toBe(1)
  })

  test('an attempt taken back leaves no delay, unless others have earned one', () => {
    let throttle: Throttle | undefined
    for (let i = 0; i < 5; i++) throttle = attempted(throttle, policy, at(0))
    expect(blockedUntil(unattempted(throttle!, policy), at(0))).toBeUndefined()
    for (let i = 0; i < 5; i++) throttle = attempted(throttle, policy, at(0))
    expect(blockedUntil(unattempted(throttle!, policy), at(0))).toEqual(throttle!.blockedUntil)
  })
})
