import { describe, expect, test } from 'vitest'
import { isNewer, shares, type WalkWindow } from './sharing.ts'

const window: WalkWindow = {
  walkId: 'w',
  version: 2,
  revision: 0,
  open: true,
  initiatorId: 'ann',
  partnerId: 'ben',
  accepted: true,
  shareFromMs: 1_000,
  shareUntilMs: 2_000,
  initiatorShares: true,
  partnerShares: false,
}

describe('a partner sees where one is', () => {
  test('from the beginning of the window until before its end', () => {
    expect([999, 1_000, 1_999, 2_000].map(now => shares(window, 'ann', now))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('only while one shares it oneself', () => {
    expect(shares(window, 'ben', 1_500)).toBe(false)
    expect(shares({ ...window, partnerShares: true, initiatorShares: false }, 'ann', 1_500)).toBe(false)
  })

  test('only in an accepted walk that is open, and only as one of the two', () => {
    expect(shares({ ...window, open: false }, 'ann', 1_500)).toBe(false)
    expect(shares({ ...window, accepted: false }, 'ann', 1_500)).toBe(false)
    expect(shares({ ...window, shareFromMs: null }, 'ann', 1_500)).toBe(false)
    expect(shares({ ...window, partnerShares: true }, 'eve', 1_500)).toBe(false)
  })
})

test('a change of a switch is newer, and so is any later version', () => {
  expect(isNewer({ ...window, revision: 1 }, window)).toBe(true)
  expect(isNewer({ ...window, version: 3, revision: 0 }, { version: 2, revision: 9 })).toBe(true)
  expect(isNewer(window, window)).toBe(false)
})
