import { isAppError } from '@walking-buddy/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propose, request } from './asking.ts'
import { after, dayMs, hourMs, minuteMs } from './instant.ts'
import { accept, callOff, cancel, decline, dueAt, end, passTime, start, switchSharing } from './life-cycle.ts'
import { endedBy, isOpen, isUnderWay, type Transition, type Walk } from './walk.ts'

const anna = '01900000-0000-7000-8000-00000000000a'
const ben = '01900000-0000-7000-8000-00000000000b'
const noon = new Date('2026-05-01T12:00:00Z')
const at = (minutes: number): Date => after(noon, minutes * minuteMs)

const asked = (meetAt: Date | null = null): Walk =>
  request('w', { initiatorId: anna, partnerId: ben, message: null, meetAt, meetingPoint: null }, noon).walk
const matched = (): Walk =>
  propose('w', { matchId: 'm', initiatorId: anna, partnerId: ben, expiresAt: null }, noon).walk
const accepted = (meetAt: Date | null = null): Walk => accept(asked(meetAt), ben, at(1)).walk
const started = (): Walk => start(accepted(), at(2), undefined).walk
const ended = (): Walk => end(started(), anna, at(62), undefined).walk

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'done'
  } catch (error) {
    return isAppError(error) ? error.code : String(error)
  }
}

describe('answering', () => {
  it('lets only the partner accept or decline a request, and only its initiator take it back', () => {
    expect(accept(asked(), ben, at(1))).toMatchObject({
      event: 'accepted',
      walk: { status: 'accepted', acceptedBy: [anna, ben] },
    })
    expect(decline(asked(), ben, at(1))).toMatchObject({
      event: 'declined',
      walk: { status: 'declined', respondedAt: at(1) },
    })
    expect(cancel(asked(), anna, at(1))).toMatchObject({ event: 'cancelled', walk: { status: 'cancelled' } })
    expect(codeOf(() => accept(asked(), anna, at(1)))).toBe('illegal-transition')
    expect(codeOf(() => decline(asked(), anna, at(1)))).toBe('illegal-transition')
    expect(codeOf(() => cancel(asked(), ben, at(1)))).toBe('illegal-transition')
  })

  it('opens the window at accept, or half an hour before meeting, until an hour after the later of both', () => {
    expect(accepted()).toMatchObject({ shareFrom: at(1), shareUntil: at(61), expiresAt: at(61) })
    expect(accepted(at(120))).toMatchObject({ shareFrom: at(90), shareUntil: at(180), expiresAt: at(180) })
    expect(accepted(at(10))).toMatchObject({ shareFrom: at(1), shareUntil: at(70) })
    expect(accept(asked(at(10)), ben, at(14)).walk).toMatchObject({ shareFrom: at(14), shareUntil: at(74) })
  })

  it('is on for a match only when both are in, in either order', () => {
    const one = accept(matched(), ben, at(0.2))
    expect(one).toMatchObject({ event: 'updated', walk: { status: 'requested', acceptedBy: [ben] } })
    expect(accept(one.walk, ben, at(0.3)).event).toBeUndefined()
    expect(accept(one.walk, anna, at(0.4))).toMatchObject({
      event: 'accepted',
      walk: { acceptedBy: [ben, anna] },
    })
    expect(decline(one.walk, ben, at(0.4)).walk.status).toBe('declined')
    expect(codeOf(() => cancel(one.walk, anna, at(0.4)))).toBe('illegal-transition')
  })

  it('gives a request 15 min, or until 30 min before meeting, and a match one', () => {
    expect(asked().expiresAt).toEqual(at(15))
    expect(asked(at(40)).expiresAt).toEqual(at(15))
    expect(asked(at(180)).expiresAt).toEqual(at(150))
    expect(matched().expiresAt).toEqual(at(1))
  })
})

describe('walking', () => {
  it('starts an accepted walk by either, not earlier than half an hour before meeting', () => {
    expect(start(accepted(), at(2), undefined)).toMatchObject({
      event: 'started',
      walk: { status: 'in_progress', startTime: at(2), shareUntil: at(242), expiresAt: null },
    })
    expect(codeOf(() => start(accepted(at(120)), at(80), undefined))).toBe('illegal-transition')
    expect(start(accepted(at(120)), at(90), undefined).event).toBe('started')
    expect(codeOf(() => start(asked(), at(2), undefined))).toBe('illegal-transition')
  })

  it('takes the phone at its word about when, within what is possible', () => {
    expect(start(accepted(), at(20), at(10)).walk.startTime).toEqual(at(10))
    expect(start(accepted(), at(20), at(-10)).walk.startTime).toEqual(at(1))
    expect(start(accepted(), at(20), at(30)).walk.startTime).toEqual(at(20))
    expect(end(started(), ben, at(90), at(70)).walk.endTime).toEqual(at(70))
    expect(end(started(), ben, at(90), at(0)).walk.endTime).toEqual(at(2))
    expect(end(started(), ben, at(90), at(100)).walk.endTime).toEqual(at(90))
  })

  it('ends a walk that has started, and no other', () => {
    expect(end(started(), ben, at(62), undefined)).toMatchObject({
      event: 'completed',
      walk: { status: 'completed', endTime: at(62), shareUntil: at(62) },
    })
    expect(endedBy(ended())).toBe(anna)
    expect(codeOf(() => end(accepted(), ben, at(62), undefined))).toBe('illegal-transition')
    expect(codeOf(() => end(asked(), ben, at(62), undefined))).toBe('illegal-transition')
  })

  it('lets a phone that was offline correct an end by the clock, once, and no end by a person', () => {
    const byClock = passTime(started(), at(242))!.walk
    expect(byClock).toMatchObject({ status: 'completed', endTime: at(242), closedBy: null })
    const corrected = end(byClock, ben, at(300), at(100))
    expect(corrected).toMatchObject({ event: 'updated', walk: { endTime: at(100), closedBy: ben } })
    expect(end(corrected.walk, anna, at(300), at(50)).event).toBeUndefined()
    expect(end(byClock, ben, after(at(242), 48 * hourMs + 1), at(100)).event).toBeUndefined()
    expect(end(ended(), ben, at(300), at(10)).event).toBeUndefined()
  })
})

describe('the same transition by the same person again', () => {
  it.each([
    ['accept', () => accept(accepted(), ben, at(5))],
    ['accept, after the start', () => accept(started(), ben, at(5))],
    ['decline', () => decline(decline(asked(), ben, at(1)).walk, ben, at(5))],
    ['cancel of a request', () => cancel(cancel(asked(), anna, at(1)).walk, anna, at(5))],
    ['cancel of a walk', () => cancel(cancel(accepted(), ben, at(2)).walk, ben, at(5))],
    ['start', () => start(started(), at(5), undefined)],
    ['end', () => end(ended(), anna, at(65), undefined)],
    ['end by the other', () => end(ended(), ben, at(65), undefined)],
    ['start, after the end', () => start(ended(), at(65), undefined)],
  ] as [string, () => Transition][])('changes nothing: %s', (_, again) => {
    expect(again().event).toBeUndefined()
  })
})

describe('calling off', () => {
  it('looks the same whether a person or a block did it', () => {
    for (const walk of [asked(), accepted(), accepted(at(120)), started()]) {
      const by = cancelledBy(walk)
      const block = callOff(walk, at(3)).walk
      expect({ ...by, closedBy: null }).toEqual(block)
      expect(endedBy(by)).toBeNull()
    }
  })

  it('closes the window at once, and removes one that has not opened', () => {
    expect(callOff(started(), at(3)).walk).toMatchObject({ shareUntil: at(3), endTime: at(3) })
    expect(callOff(accepted(at(120)), at(3)).walk).toMatchObject({ shareFrom: null, shareUntil: null })
  })

  it('leaves walks alone that are over', () => {
    for (const walk of [ended(), decline(asked(), ben, at(1)).walk])
      expect(callOff(walk, at(70)).event).toBeUndefined()
  })

  const cancelledBy = (walk: Walk): Walk => cancel(walk, anna, at(3)).walk
})

describe('time', () => {
  it('expires an unanswered request and an accepted walk that nobody starts, at the very moment', () => {
    expect(passTime(asked(), at(14.99))).toBeUndefined()
    expect(passTime(asked(), at(15))).toMatchObject({ event: 'expired', walk: { status: 'expired' } })
    expect(passTime(accepted(), at(61))).toMatchObject({
      event: 'expired',
      walk: { status: 'expired', shareUntil: at(61) },
    })
  })

  it('completes a walk after 4 h, as of then, by nobody', () => {
    const done = passTime(started(), at(500))!
    expect(done).toMatchObject({ event: 'completed', walk: { endTime: at(242), shareUntil: at(242) } })
    expect(endedBy(done.walk)).toBeNull()
  })

  it('ends the sharing of a parted pair after 10 min, while the walk goes on', () => {
    const parted: Walk = { ...started(), company: { metAt: at(5), apartSince: at(30) } }
    expect(dueAt(parted)).toEqual(at(40))
    const after40 = passTime(parted, at(41))!
    expect(after40).toMatchObject({ event: 'updated', walk: { status: 'in_progress', shareUntil: at(40) } })
    expect(passTime(after40.walk, at(60))).toBeUndefined()
    expect(dueAt(after40.walk)).toEqual(at(242))
  })

  it('does not show who has parted again because the other one taps start', () => {
    const parted: Walk = { ...accepted(), company: { metAt: at(5), apartSince: at(20) } }
    const over = passTime(parted, at(30))!.walk
    expect(start(over, at(31), undefined).walk.shareUntil).toEqual(at(30))
  })
})

describe('sharing', () => {
  it('is switched by each person for themselves, counted apart from the version', () => {
    const off = switchSharing(accepted(), ben, false, at(10))
    expect(off.sharing).toEqual({ initiatorSince: at(1), partnerSince: null, revision: 1 })
    expect(switchSharing(off, ben, false, at(11))).toBe(off)
    expect(switchSharing(off, ben, true, at(12)).sharing).toMatchObject({ partnerSince: at(12), revision: 2 })
    expect(off.version).toBe(accepted().version)
  })

  it('has nothing to switch in a walk that is not on', () => {
    for (const walk of [asked(), ended()])
      expect(codeOf(() => switchSharing(walk, ben, false, at(70)))).toBe('illegal-transition')
  })
})

describe('any history', () => {
  const step = fc.record({
    verb: fc.constantFrom(
      'accept',
      'decline',
      'cancel',
      'start',
      'end',
      'callOff',
      'time',
      'on',
      'off',
      'part',
    ),
    userId: fc.constantFrom(anna, ben),
    minutes: fc.integer({ min: 0, max: 90 }),
    occurredMinutes: fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined }),
  })

  it('keeps what must hold of a walk, whatever two people and the clock do in whatever order', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(asked(), asked(at(120)), matched()),
        fc.array(step, { maxLength: 25 }),
        (first, steps) => {
          let walk = first
          let now = noon
          for (const { verb, userId, minutes, occurredMinutes } of steps) {
            now = after(now, minutes * minuteMs)
            const occurredAt =
              occurredMinutes === undefined ? undefined : after(now, occurredMinutes * minuteMs)
            for (let due = passTime(walk, now); due; due = passTime(due.walk, now)) walk = due.walk
            const before = walk
            const code = codeOf(() => {
              if (verb === 'accept') walk = accept(walk, userId, now).walk
              else if (verb === 'decline') walk = decline(walk, userId, now).walk
              else if (verb === 'cancel') walk = cancel(walk, userId, now).walk
              else if (verb === 'start') walk = start(walk, now, occurredAt).walk
              else if (verb === 'end') walk = end(walk, userId, now, occurredAt).walk
              else if (verb === 'callOff') walk = callOff(walk, now).walk
              else if (verb === 'on' || verb === 'off') walk = switchSharing(walk, userId, verb === 'on', now)
              else if (verb === 'part' && isUnderWay(walk))
                walk = { ...walk, company: { metAt: now, apartSince: now } }
            })
            expect(['done', 'illegal-transition']).toContain(code)
            check(before, walk, now)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  function check(before: Walk, walk: Walk, now: Date): void {
    if (!isOpen(before)) expect(walk.status).toBe(before.status)
    expect(isOpen(walk)).toBe(dueAt(walk) !== null)
    if (isUnderWay(walk) || walk.status === 'completed')
      expect([...walk.acceptedBy].sort()).toEqual([anna, ben])
    if (dueAt(walk)) expect(dueAt(walk)!.getTime()).toBeLessThanOrEqual(after(now, 8 * dayMs).getTime())
    if (!isOpen(walk) && walk.shareUntil) expect(walk.shareUntil <= now).toBe(true)
    if (walk.shareFrom && walk.shareUntil) expect(walk.shareFrom <= walk.shareUntil).toBe(true)
    if (walk.startTime) expect(walk.startTime <= after(now, 5_000)).toBe(true)
    if (walk.startTime && walk.endTime) expect(walk.startTime <= walk.endTime).toBe(true)
    expect(walk.endTime !== null).toBe(walk.startTime !== null && !isOpen(walk))
    if (before.shareUntil && before.shareUntil <= now)
      expect(walk.shareUntil?.getTime()).toBe(before.shareUntil.getTime())
  }
})
