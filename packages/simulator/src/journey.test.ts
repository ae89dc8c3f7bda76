import { distanceMeters } from '@walking-buddy/cells'
import { expect, test } from 'vitest'
import { journey } from './journey.ts'

const line = [
  { lat: 48, lng: -20 },
  { lat: 48.001, lng: -20 },
  { lat: 48.001, lng: -20 },
  { lat: 48.001, lng: -19.998 },
]

test('whoever walks a line covers its length at their speed, and ends where it ends', () => {
  const length = line.slice(1).reduce((sum, point, i) => sum + distanceMeters(line[i]!, point), 0)
  const way = journey(line, 1.4)
  let before = way.at()
  let walked = 0
  let seconds = 0
  while (!way.done()) {
    const at = way.advance(0.5)
    const step = distanceMeters(before, at)
    expect(step).toBeLessThanOrEqual(0.71)
    walked += step
    seconds += 0.5
    before = at
  }
  expect(way.at()).toEqual(line.at(-1))
  expect(walked).toBeCloseTo(length, -1)
  expect(seconds * 1.4).toBeCloseTo(length, -1)
})
