import { expect, test } from 'vitest'
import { takeTurns } from './turns.ts'

test('work under one name runs one after the other, in order, also after a failure; other names do not wait', async () => {
  const turns = takeTurns()
  const told: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = turns('a', async () => {
    await gate.promise
    told.push('a1')
    throw new Error('failed')
  })
  const second = turns('a', async () => told.push('a2'))
  await turns('b', async () => told.push('b1'))
  gate.resolve()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(told).toEqual(['b1', 'a1', 'a2'])
})
