import { ExactPosition } from '@walking-buddy/exact-position'
import { expect, test } from 'vitest'
import { currentWithinMs, isCurrent, recordedAt } from './report.ts'

const receivedAtMs = Date.UTC(2026, 0, 1, 12)

test('a phone whose clock is an hour off is corrected by sentAt', () => {
  const wrong = receivedAtMs - 3_600_000
  expect(recordedAt({ recordedAtMs: wrong - 20_000, sentAtMs: wrong, receivedAtMs })).toBe(
    receivedAtMs - 20_000,
  )
})

test('without a time a position is of now, and none is of the future', () => {
  expect(recordedAt({ recordedAtMs: undefined, sentAtMs: receivedAtMs - 5_000, receivedAtMs })).toBe(
    receivedAtMs,
  )
  expect(recordedAt({ recordedAtMs: receivedAtMs + 60_000, sentAtMs: undefined, receivedAtMs })).toBe(
    receivedAtMs,
  )
})

test('a position of more than ten minutes ago does not tell where someone is', () => {
  const report = (ageMs: number) => ({
    position: new ExactPosition(48, -20),
    accuracyMeters: undefined,
    recordedAtMs: receivedAtMs - ageMs,
    receivedAtMs,
  })
  expect(isCurrent(report(currentWithinMs))).toBe(true)
  expect(isCurrent(report(currentWithinMs + 1))).toBe(false)
})
