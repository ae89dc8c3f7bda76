import { expect, test } from 'vitest'
import { shardOf, shards } from './shard.ts'

test('ids made one after the other spread over all shards', () => {
  const counts = new Array(shards).fill(0)
  for (let i = 0; i < 6_400; i++)
    counts[shardOf(`00000000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`)]++
  expect(Math.min(...counts)).toBeGreaterThan(40)
  expect(Math.max(...counts)).toBeLessThan(180)
})

test('a person stays in their shard', () => {
  expect(shardOf('018f0000-0000-7000-8000-00000000beef')).toBe(
    shardOf('018f0000-0000-7000-8000-00000000beef'),
  )
  expect(shardOf('018f0000-0000-7000-8000-00000000beef')).toBe(56)
})
