import { expect, test } from 'vitest'
import { fairQueue } from './fair-queue.ts'

test('no more run at once than there is room for, in order, and all get their turn', async () => {
  const queue = fairQueue(2)
  let running = 0
  let most = 0
  const started: number[] = []
  await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) =>
      queue.run(async () => {
        started.push(i)
        most = Math.max(most, ++running)
        await new Promise(resolve => setImmediate(resolve))
        running -= 1
        if (i % 7 === 0) throw new Error('failed')
      }),
    ),
  )
  expect(most).toBe(2)
  expect(started).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(queue.waiting()).toBe(0)
})
