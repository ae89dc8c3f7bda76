import { describe, expect, test } from 'vitest'
import { assertUntil, hasEnded, longestAvailabilityMs, switchedOn } from './availability.ts'
import type { Whereabouts } from './sighting.ts'

const now = Date.UTC(2026, 0, 1, 12)
const minutes = 60_000
const absent = { kind: 'absent' } satisfies Whereabouts
const ended = (
  availability: Parameters<typeof hasEnded>[0],
  nowMs: number,
  whereabouts: Whereabouts = absent,
) => hasEnded(availability, { nowMs, whereabouts, walk: null })

describe('until', () => {
  test('a chosen end lies in the future and at most 4 h ahead', () => {
    const chosen = (atMs: number) => () => assertUntil({ kind: 'chosen', atMs }, now)
    expect(chosen(now)).toThrow(expect.objectContaining({ code: 'until-out-of-range' }))
    expect(chosen(now + longestAvailabilityMs + 1)).toThrow(
      expect.objectContaining({ code: 'until-out-of-range' }),
    )
    expect(chosen(now + longestAvailabilityMs)).not.toThrow()
    expect(chosen(now + 1)).not.toThrow()
    expect(() => assertUntil({ kind: 'chosen', atMs: Number.NaN }, now)).toThrow()
  })

  test('switching on again leaves a chosen end as it is, unless it is cleared', () => {
    const chosen = switchedOn(null, { kind: 'chosen', atMs: now + 200 * minutes }, now)
    expect(switchedOn(chosen, { kind: 'unchanged' }, now + minutes)).toEqual(chosen)
    expect(switchedOn(chosen, { kind: 'default' }, now + minutes)).toEqual({
      sinceMs: now,
      untilMs: now + 61 * minutes,
      untilIsChosen: false,
    })
  })
})

describe('the end of availability', () => {
  const moving = switchedOn(null, { kind: 'default' }, now)
  const chosen = switchedOn(null, { kind: 'chosen', atMs: now + 60 * minutes }, now)

  test('comes 60 minutes after the last position, or when chosen', () => {
    expect(ended(moving, now + 60 * minutes - 1)).toBe(false)
    expect(ended(moving, now + 60 * minutes)).toBe(true)
    expect(ended(chosen, now + 60 * minutes)).toBe(true)
  })

  test('does not come by silence while the positions of the last 300 s are lost, unless it was chosen', () => {
    expect(ended(moving, now + 60 * minutes, { kind: 'unknown' })).toBe(false)
    expect(ended(chosen, now + 60 * minutes, { kind: 'unknown' })).toBe(true)
  })

  test('comes with a walk whose sharing window came since, or is open, not with an earlier one', () => {
    const walking = (cameAtMs: number, open: boolean) =>
      hasEnded(moving, { nowMs: now + minutes, whereabouts: absent, walk: { cameAtMs, open } })
    expect(walking(now, false)).toBe(true)
    expect(walking(now - 1, false)).toBe(false)
    expect(walking(now - 1, true)).toBe(true)
  })
})
