import { expect, test } from 'vitest'
import { atMost } from './at-most.ts'
import { batched } from './batched.ts'

const later = () => new Promise<void>(resolve => setImmediate(resolve))

test('never more than the limit run at the same time, and all of them run', async () => {
  const limited = atMost(3)
  let running = 0
  let most = 0
  const work = async (n: number) => {
    running += 1
    most = Math.max(most, running)
    await later()
    running -= 1
    if (n % 5 === 0) throw new Error('one fails')
    return n
  }
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => limited(() => work(n))))
  expect(most).toBe(3)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(32)
})

test('what is asked while a question is on its way is asked together, and each gets its own answer', async () => {
  const asked: number[][] = []
  const double = batched(async (questions: readonly number[]) => {
    asked.push([...questions])
    await later()
    return questions.map(question => question * 2)
  })
  expect(await Promise.all(Array.from({ length: 10 }, (_, n) => double(n)))).toEqual(
    Array.from({ length: 10 }, (_, n) => n * 2),
  )
  expect(asked).toHaveLength(1)
})

test('a batch that fails fails for those in it, and the next goes its way', async () => {
  let failing = true
  const ask = batched(async (questions: readonly number[]) => {
    if (failing) throw new Error('down')
    return questions
  })
  await expect(ask(1)).rejects.toThrow('down')
  failing = false
  expect(await ask(2)).toBe(2)
})
