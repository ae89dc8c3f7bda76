import { expect, test } from 'vitest'
import { tokenBucket } from './token-bucket.ts'

test('a burst passes, the next waits for as long as it was told', () => {
  const bucket = tokenBucket({ burst: 3, perSecond: 2 })
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0])
  const waitMs = bucket.take(0)
  expect(waitMs).toBe(500)
  expect(bucket.take(waitMs - 1)).toBeGreaterThan(0)
  expect(bucket.take(waitMs)).toBe(0)
})

test('idle time fills it to the burst and no further', () => {
  const bucket = tokenBucket({ burst: 2, perSecond: 1 })
  bucket.take(0)
  expect([bucket.take(3_600_000), bucket.take(3_600_000)]).toEqual([0, 0])
  expect(bucket.take(3_600_000)).toBe(1000)
})
