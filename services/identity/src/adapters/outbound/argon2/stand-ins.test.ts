import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type ParametersInUse, standIns } from './stand-ins.ts'

const accounts = Array.from({ length: 4_000 }, (_, i) =>
  createHash('sha256').update(`${i}`).digest('base64url'),
)
const made = async (inUse: () => ParametersInUse) =>
  standIns({ today: 'new', inUse: async () => inUse(), make: async parameters => `hash of ${parameters}` })
const shareOf = (of: (account: string) => string, parameters: string) =>
  accounts.filter(account => of(account) === `hash of ${parameters}`).length / accounts.length

test('strangers are spread over the parameters as people are, each of them the same way every time', async () => {
  const { of } = await made(() => [
    { parameters: 'old', count: 600 },
    { parameters: 'new', count: 300 },
    { parameters: 'older', count: 100 },
  ])
  expect(shareOf(of, 'new')).toBeCloseTo(0.3, 1)
  expect(shareOf(of, 'old')).toBeCloseTo(0.6, 1)
  expect(shareOf(of, 'older')).toBeCloseTo(0.1, 1)
  expect(accounts.map(of)).toEqual(accounts.map(of))
})

test('as people change over, strangers do: once, and not back', async () => {
  let changedOver = 0
  const { of, renew } = await made(() => [
    { parameters: 'old', count: 1_000 - changedOver },
    { parameters: 'new', count: changedOver },
  ])
  let before = new Set<string>()
  for (; changedOver <= 1_000; changedOver += 100) {
    await renew()
    const now = new Set(accounts.filter(account => of(account) === 'hash of new'))
    expect([...before].every(account => now.has(account))).toBe(true)
    before = now
  }
  expect(before.size).toBe(accounts.length)
})

test('where nobody is yet, strangers are checked with today’s parameters', async () => {
  const { of } = await made(() => [])
  expect(shareOf(of, 'new')).toBe(1)
})
