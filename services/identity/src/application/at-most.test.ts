import { expect, test } from 'vitest'
import { atMost } from './at-most.ts'

test('what comes in excess is refused before it begins, and there is room again when something has ended', async () => {
  const room = atMost(2)
  const gate = Promise.withResolvers<void>()
  const running = [
    room(() => gate.promise),
    room(() => gate.promise.then(() => Promise.reject(new Error('failed')))),
  ]
  let begun = false
  const excess = room(async () => {
    begun = true
  })
  await expect(excess).rejects.toMatchObject({ kind: 'unavailable', code: 'busy', retryAfterSeconds: 2 })
  expect(begun).toBe(false)
  gate.resolve()
  await Promise.allSettled(running)
  await expect(Promise.all([room(async () => 1), room(async () => 2)])).resolves.toEqual([1, 2])
})
