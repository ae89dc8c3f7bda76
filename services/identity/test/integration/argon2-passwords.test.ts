import { randomBytes } from 'node:crypto'
import { parseOptions } from '@node-rs/argon2'
import { createMetrics } from '@walking-buddy/telemetry'
import { expect, test } from 'vitest'
import { argon2Passwords } from '../../src/adapters/outbound/argon2/argon2-passwords.ts'

const passwordsAt = (
  memoryKib: number,
  passes: number,
  costsInUse: { parameters: string; count: number }[] = [],
) =>
  argon2Passwords(
    { cost: { memoryKib, passes, lanes: 1 }, concurrency: 2 },
    { metrics: createMetrics({ service: 'identity' }), randomBytes, costsInUse: async () => costsInUse },
  )
const stranger = Buffer.alloc(32).toString('base64url')

test('a hash is argon2id with the parameters of today and a salt of its own', async () => {
  const passwords = await passwordsAt(64, 2)
  const [one, other] = [await passwords.hash('a password'), await passwords.hash('a password')]
  expect(one).not.toBe(other)
  expect(parseOptions(one)).toMatchObject({
    algorithm: 2,
    memoryCost: 64,
    timeCost: 2,
    parallelism: 1,
    saltLen: 16,
  })
  expect(await passwords.matches('a password', one, stranger)).toBe(true)
  expect(await passwords.matches('A password', one, stranger)).toBe(false)
})

test('every character counts, also NUL and the 256th, and compositions do not', async () => {
  const passwords = await passwordsAt(64, 1)
  const long = `\u0000${'p'.repeat(254)}\u00e9`
  const hash = await passwords.hash(long)
  expect(await passwords.matches(`\u0000${'p'.repeat(254)}e\u0301`, hash, stranger)).toBe(true)
  expect(await passwords.matches(long.slice(1), hash, stranger)).toBe(false)
  expect(await passwords.matches(long.replace('\u00e9', 'e'), hash, stranger)).toBe(false)
})

test('without a hash nothing matches', async () => {
  const passwords = await passwordsAt(64, 1, [{ parameters: 'm=128,t=3,p=1', count: 1 }])
  for (const guess of ['', 'undefined', stranger])
    expect(await passwords.matches(guess, undefined, stranger)).toBe(false)
})

test('a hash with other parameters still matches, and is known to be outdated', async () => {
  const old = await (await passwordsAt(64, 1)).hash('a password')
  for (const [memoryKib, passes] of [
    [128, 1],
    [64, 2],
  ] as const) {
    const passwords = await passwordsAt(memoryKib, passes)
    expect(await passwords.matches('a password', old, stranger)).toBe(true)
    expect(passwords.isOutdated(old)).toBe(true)
    expect(passwords.isOutdated(await passwords.hash('a password'))).toBe(false)
  }
})
