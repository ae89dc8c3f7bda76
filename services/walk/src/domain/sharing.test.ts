import { ExactPosition } from '@walking-buddy/exact-position'
import { expect, it } from 'vitest'
import { request } from './asking.ts'
import { after, minuteMs } from './instant.ts'
import { accept, callOff, switchSharing } from './life-cycle.ts'
import { isShown } from './sharing.ts'

const noon = new Date('2026-05-01T12:00:00Z')
const at = (minutes: number): Date => after(noon, minutes * minuteMs)
const walk = accept(
  request('w', { initiatorId: 'a', partnerId: 'b', message: null, meetAt: at(60), meetingPoint: null }, noon)
    .walk,
  'b',
  at(1),
).walk
const seenAt = (minutes: number, nearPlace = false) => ({
  position: new ExactPosition(48, -20),
  accuracyMeters: 5,
  recordedAt: at(minutes),
  nearPlace,
})

it('shows a position only inside the window, and only one recorded there', () => {
  expect(isShown(walk, 'b', seenAt(29), at(29))).toBe(false)
  expect(isShown(walk, 'b', seenAt(29), at(31))).toBe(false)
  expect(isShown(walk, 'b', seenAt(31), at(31))).toBe(true)
  expect(isShown(walk, 'b', seenAt(119), at(120))).toBe(false)
  expect(isShown(callOff(walk, at(40)).walk, 'b', seenAt(39), at(40))).toBe(false)
})

it('shows nothing from while the switch was off, also after it is on again', () => {
  const off = switchSharing(walk, 'b', false, at(35))
  const on = switchSharing(off, 'b', true, at(45))
  expect(isShown(off, 'b', seenAt(34), at(36))).toBe(false)
  expect(isShown(on, 'b', seenAt(40), at(46))).toBe(false)
  expect(isShown(on, 'b', seenAt(45), at(46))).toBe(true)
  expect(isShown(off, 'a', seenAt(40), at(40))).toBe(true)
})

it('never shows where somebody lives', () => {
  expect(isShown(walk, 'b', seenAt(40, true), at(40))).toBe(false)
})
