import { isAppError } from '@walking-buddy/errors'
import { describe, expect, it } from 'vitest'
import { type AskingHistory, canBeAsked, checkLimits, checkProposal } from './asking.ts'
import { after, dayMs, hourMs, minuteMs } from './instant.ts'

const now = new Date('2026-05-01T12:00:00Z')
const nothing: AskingHistory = {
  openWithPartner: false,
  lastDeclinedAt: null,
  openRequests: 0,
  requestsOfLastDay: 0,
  oldestOfLastDay: null,
}

const refusalOf = (work: () => void): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return isAppError(error) ? error.code : String(error)
  }
}

describe('who can be asked', () => {
  const inAnHour = after(now, hourMs)

  it('is someone on the list, or an acquaintance with an hour of notice', () => {
    expect(canBeAsked({ listed: true, allowed: true, acquainted: false }, null, now)).toBe(true)
    expect(canBeAsked({ listed: false, allowed: true, acquainted: true }, inAnHour, now)).toBe(true)
    expect(canBeAsked({ listed: false, allowed: true, acquainted: true }, after(inAnHour, -1), now)).toBe(
      false,
    )
    expect(canBeAsked({ listed: false, allowed: true, acquainted: true }, null, now)).toBe(false)
    expect(canBeAsked({ listed: false, allowed: true, acquainted: false }, inAnHour, now)).toBe(false)
  })

  it('is never someone with a block between, or suspended', () => {
    expect(canBeAsked({ listed: true, allowed: false, acquainted: true }, inAnHour, now)).toBe(false)
  })
})

describe('limits of asking', () => {
  it.each([
    ['request-open', { openWithPartner: true }],
    ['resting', { lastDeclinedAt: after(now, -7 * dayMs + 1) }],
    ['too-many-open-requests', { openRequests: 5 }],
    ['too-many-requests-today', { requestsOfLastDay: 30, oldestOfLastDay: after(now, -23 * hourMs) }],
  ])('refuse with %s', (code, history) => {
    expect(refusalOf(() => checkLimits({ ...nothing, ...history }, now))).toBe(code)
  })

  it('are exact', () => {
    const history = {
      ...nothing,
      lastDeclinedAt: after(now, -7 * dayMs),
      openRequests: 4,
      requestsOfLastDay: 29,
      oldestOfLastDay: after(now, -hourMs),
    }
    expect(refusalOf(() => checkLimits(history, now))).toBeUndefined()
  })

  it('say when a day of requests is over', () => {
    try {
      checkLimits({ ...nothing, requestsOfLastDay: 30, oldestOfLastDay: after(now, -23 * hourMs) }, now)
    } catch (error) {
      expect(isAppError(error) && error.retryAfterSeconds).toBe(3600)
    }
  })
})

describe('a proposal', () => {
  const proposal = { initiatorId: 'a', partnerId: 'b', message: null, meetAt: null, meetingPoint: null }

  it('meets ahead, within 7 days, with half a minute of grace for a late "now"', () => {
    const refusal = (ms: number) =>
      refusalOf(() => checkProposal({ ...proposal, meetAt: after(now, ms) }, now))
    expect(refusal(0)).toBeUndefined()
    expect(refusal(-20_000)).toBeUndefined()
    expect(refusal(7 * dayMs)).toBeUndefined()
    expect(refusal(-minuteMs)).toBe('meet-at-out-of-range')
    expect(refusal(7 * dayMs + 1)).toBe('meet-at-out-of-range')
  })

  it('is for somebody else, in at most 280 characters as people count them', () => {
    expect(refusalOf(() => checkProposal({ ...proposal, partnerId: 'a' }, now))).toBe('invalid-request')
    expect(refusalOf(() => checkProposal({ ...proposal, message: '🌳'.repeat(280) }, now))).toBeUndefined()
    expect(refusalOf(() => checkProposal({ ...proposal, message: '🌳'.repeat(281) }, now))).toBe(
      'invalid-request',
    )
  })
})
