import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

it('runs work of one name one at a time, in order, also after a failure, and others meanwhile', async () => {
  const inTurn = createTurns()
  const log: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = inTurn('a', async () => {
    await gate.promise
    log.push('first')
    throw new Error('failed')
  })
  const second = inTurn('a', async () => log.push('second'))
  const third = inTurn('a', async () => log.push('third'))
  await inTurn('b', async () => log.push('other'))
  gate.resolve()
  await expect(first).rejects.toThrow('failed')
  await Promise.all([second, third])
  expect(log).toEqual(['other', 'first', 'second', 'third'])
})
