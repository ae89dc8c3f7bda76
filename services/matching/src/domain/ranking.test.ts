import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyedOrder } from './keyed-order.ts'
import { bandOf, placeInBand, seenStepOf, tieOf } from './ranking.ts'

const kin = fc.record({
  agreement: fc.nat(4),
  seen: fc.integer({ min: 900_000, max: 1_100_000 }),
  distance: fc.nat(65_535),
})

describe('ranking', () => {
  test('within a band agreement comes first, then who was seen more recently, then who is nearer', () => {
    fc.assert(
      fc.property(kin, kin, (a, b) => {
        const byRule = b.agreement - a.agreement || b.seen - a.seen || a.distance - b.distance
        const place =
          placeInBand(a.agreement, a.seen, a.distance) - placeInBand(b.agreement, b.seen, b.distance)
        expect(Math.sign(place)).toBe(Math.sign(byRule))
      }),
      { numRuns: 2_000 },
    )
  })

  test('bands are some minutes of walking, wider further out', () => {
    expect([0, 400, 401, 1_200, 20_000].map(bandOf)).toEqual([0, 0, 1, 2, 11])
  })

  test('of when somebody was seen only the half hour counts', () => {
    const noon = Date.UTC(2026, 4, 20, 12)
    expect(seenStepOf(noon)).toBe(seenStepOf(noon + 29 * 60_000))
    expect(seenStepOf(noon + 30 * 60_000)).toBe(seenStepOf(noon) + 1)
  })

  test('ties fall the same way for one viewer, and for half of all viewers each way', () => {
    const order = keyedOrder(Buffer.from('a key'))
    const [a, b] = ['0190163d-8694-739b-aea5-966c26f8ad91', '0190163d-8694-739b-aea5-966c26f8ad92'].map(id =>
      order(id),
    )
    const aFirst = Array.from({ length: 1_000 }, (_, i) => order(`viewer ${i}`).looksAs).filter(
      looksAs => tieOf(a!.seenAs, looksAs) < tieOf(b!.seenAs, looksAs),
    )
    expect(aFirst.length).toBeGreaterThan(430)
    expect(aFirst.length).toBeLessThan(570)
    expect(keyedOrder(Buffer.from('another key'))('viewer 1')).not.toEqual(order('viewer 1'))
    expect(order('viewer 1')).toEqual(order('viewer 1'))
  })
})
