import { expect, it } from 'vitest'
import { request } from './asking.ts'
import { clashes } from './engagement.ts'
import { after, minuteMs } from './instant.ts'
import { accept, start } from './life-cycle.ts'
import type { Walk } from './walk.ts'

const noon = new Date('2026-05-01T12:00:00Z')
const at = (minutes: number): Date => after(noon, minutes * minuteMs)
const walkAt = (meetAt: Date | null): Walk =>
  accept(
    request('w', { initiatorId: 'a', partnerId: 'b', message: null, meetAt, meetingPoint: null }, noon).walk,
    'b',
    noon,
  ).walk

it('lets nobody accept a second walk within 2 h of another', () => {
  expect(clashes([walkAt(at(240))], at(240 + 119), noon)).toBe(true)
  expect(clashes([walkAt(at(240))], at(240 + 120), noon)).toBe(false)
  expect(clashes([walkAt(at(240))], at(240 - 119), noon)).toBe(true)
  expect(clashes([walkAt(null)], null, at(30))).toBe(true)
  expect(clashes([walkAt(null)], at(200), at(30))).toBe(false)
  expect(clashes([], null, noon)).toBe(false)
})

it('counts a walk in progress as going on now, however long ago it was to be', () => {
  const walking = start(walkAt(null), at(5), undefined).walk
  expect(clashes([walking], null, at(200))).toBe(true)
  expect(clashes([walking], at(319), at(200))).toBe(true)
  expect(clashes([walking], at(320), at(200))).toBe(false)
})
