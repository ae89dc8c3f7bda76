import { expect, test } from 'vitest'
import { latestBox } from './latest-box.ts'

const position = (n: number) => ({ name: 'walk:position', data: () => n, maxAgeMs: 1_000 })

test('of one key only the newest is told, of different keys each', () => {
  const box = latestBox()
  for (let n = 0; n < 1_000; n++) box.put(n % 2 ? 'odd' : 'even', position(n), 0)
  expect(box.take(0).map(latest => latest.data())).toEqual([998, 999])
  expect(box.take(0)).toEqual([])
})

test('what waited too long is not told', () => {
  const box = latestBox()
  box.put('a', position(1), 0)
  expect(box.take(1_001)).toEqual([])
})
