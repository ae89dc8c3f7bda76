import { ExactPosition } from '@walking-buddy/exact-position'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Report } from './report.ts'
import { isStaying, observe, type Sighting, stayMs } from './sighting.ts'

const start = Date.UTC(2026, 0, 1, 12)
const latMeters = 111_195
/** `northMeters` north of a fixed point, `seconds` after the start. */
const at = (seconds: number, northMeters: number, accuracyMeters?: number): Report => ({
  position: new ExactPosition(48 + northMeters / latMeters, -20),
  accuracyMeters,
  recordedAtMs: start + seconds * 1_000,
  receivedAtMs: start + seconds * 1_000,
})
const seen = (...reports: Report[]): Sighting => {
  let sighting: Sighting | undefined
  for (const report of reports) {
    const verdict = observe(sighting, report)
    if (verdict.kind === 'accepted') sighting = verdict.sighting
  }
  return sighting!
}

describe('plausibility', () => {
  test('a jump above 100 m/s is implausible, one below is not', () => {
    expect(observe(seen(at(0, 0)), at(10, 1_010)).kind).toBe('implausible')
    expect(observe(seen(at(0, 0)), at(10, 990)).kind).toBe('accepted')
  })

  test('after 300 s without an accepted position any is taken', () => {
    expect(observe(seen(at(0, 0)), at(299, 1_000_000)).kind).toBe('implausible')
    expect(observe(seen(at(0, 0)), at(300, 1_000_000)).kind).toBe('accepted')
  })

  test('two reports within a moment of each other are no jump for GPS noise', () => {
    const soon = { ...at(0, 60), recordedAtMs: start + 5, receivedAtMs: start + 5 }
    expect(observe(seen(at(0, 0)), soon).kind).toBe('accepted')
  })

  test('a coarse fix excuses a jump by its accuracy, but by no more than a kilometre', () => {
    expect(observe(seen(at(0, 0, 900)), at(1, 950, 20)).kind).toBe('accepted')
    expect(observe(seen(at(0, 0)), at(1, 950, 20)).kind).toBe('implausible')
    expect(observe(seen(at(0, 0)), at(1, 5_000, 100_000)).kind).toBe('implausible')
  })

  test('a refused position does not become the measure of the next', () => {
    expect(observe(seen(at(0, 0), at(1, 50_000)), at(2, 10)).kind).toBe('accepted')
  })
})

test('a report that is older than the last one does not replace it', () => {
  expect(observe(seen(at(100, 0)), { ...at(90, 30), receivedAtMs: start + 101_000 }).kind).toBe('older')
})

describe('stays', () => {
  test('ten minutes within 75 m are a stay, a second less is none', () => {
    expect(isStaying(seen(at(0, 0), at(200, 60), at(400, -60), at(599, 70)))).toBe(false)
    expect(isStaying(seen(at(0, 0), at(200, 60), at(400, -60), at(600, 70)))).toBe(true)
  })

  test('leaving the place begins a new one', () => {
    expect(isStaying(seen(at(0, 0), at(290, 0), at(580, 80), at(700, 80)))).toBe(false)
  })

  test('a coarse fix does not end a stay unless it is certainly elsewhere', () => {
    expect(isStaying(seen(at(0, 0), at(290, 300, 400), at(580, 0), at(600, 0)))).toBe(true)
    expect(isStaying(seen(at(0, 0), at(290, 600, 400), at(580, 0), at(600, 0)))).toBe(false)
  })

  test('a silence of 300 s ends a stay', () => {
    expect(isStaying(seen(at(0, 0), at(299, 0), at(600, 0)))).toBe(false)
  })

  test('whoever walks is never staying', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.8, max: 2.5, noNaN: true }),
        fc.integer({ min: 5, max: 60 }),
        (speed, everySeconds) => {
          let sighting: Sighting | undefined
          for (let seconds = 0; seconds < 7_200; seconds += everySeconds) {
            const verdict = observe(sighting, at(seconds, speed * seconds))
            if (verdict.kind === 'accepted') sighting = verdict.sighting
            expect(isStaying(sighting!)).toBe(false)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('a sighting is younger than its stay is long, whatever is reported', () => {
    const reports = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: -200, max: 200 })),
      { minLength: 1, maxLength: 60 },
    )
    fc.assert(
      fc.property(reports, steps => {
        let seconds = 0
        const walked = steps.map(([after, north]) => {
          seconds += after
          return at(seconds, north)
        })
        const sighting = seen(...walked)
        expect(sighting.stay.sinceMs).toBeLessThanOrEqual(sighting.recordedAtMs)
        expect(isStaying(sighting)).toBe(sighting.recordedAtMs - sighting.stay.sinceMs >= stayMs)
      }),
    )
  })
})
