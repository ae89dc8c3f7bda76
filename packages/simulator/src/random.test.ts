import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'

test('a seed gives the same draws, and a fork does not depend on what was drawn before', () => {
  const draws = (seed: string) => {
    const random = seededRandom(seed)
    return Array.from({ length: 100 }, () => random.next())
  }
  expect(draws('a')).toEqual(draws('a'))
  expect(draws('a')).not.toEqual(draws('b'))
  const drained = seededRandom('a')
  drained.next()
  expect(drained.fork('x').next()).toBe(seededRandom('a').fork('x').next())
})

test('draws are spread evenly, and normal ones have their deviation', () => {
  const random = seededRandom('spread')
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) counts[random.integer(0, 9)]! += 1
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  const normal = Array.from({ length: 50_000 }, () => random.gaussian(3))
  expect(Math.sqrt(normal.reduce((sum, value) => sum + value * value, 0) / normal.length)).toBeCloseTo(3, 1)
})
