import { describe, expect, test } from 'vitest'
import { growthExponent, median, quantile } from './statistics.ts'

describe('statistics', () => {
  test('the growth exponent of a power is the power', () => {
    for (const power of [0, 0.2, 1, 1.7])
      expect(growthExponent([1e3, 1e4, 1e6].map(size => ({ size, cost: 3 * size ** power })))).toBeCloseTo(
        power,
        10,
      )
  })

  test('median and quantiles are those of the sorted values', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 7])).toBe(6)
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2)
    expect(quantile([4, 1, 3, 2], 0.99)).toBe(4)
    expect(quantile([4, 1, 3, 2], 0)).toBe(1)
  })
})
