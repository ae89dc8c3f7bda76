import { ExactPosition } from '@walking-buddy/exact-position'
import { describe, expect, it } from 'vitest'
import { after } from './instant.ts'
import { clockOffsetMs, distanceOfWalk, type Track, within } from './track.ts'

const noon = new Date('2026-05-01T12:00:00Z')
const second = (s: number): Date => after(noon, s * 1000)
const metersPerDegree = 111_195

/** Straight north at `speed` m/s, a point every 5 s. */
const walking = (fromSecond: number, toSecond: number, speed: number): Track =>
  Array.from({ length: Math.floor((toSecond - fromSecond) / 5) + 1 }, (_, i) => ({
    position: new ExactPosition(48 + (i * 5 * speed) / metersPerDegree, -20),
    accuracyMeters: 5,
    recordedAt: second(fromSecond + i * 5),
    at: second(fromSecond + i * 5),
  }))

describe('a phone’s clock', () => {
  it('is corrected where it is wrong, and left alone where the network was slow', () => {
    expect(clockOffsetMs(second(0), second(4))).toBe(0)
    expect(clockOffsetMs(second(0), second(-4))).toBe(0)
    expect(clockOffsetMs(second(0), second(3600))).toBe(3_600_000)
    expect(clockOffsetMs(second(3600), second(0))).toBe(-3_600_000)
  })
})

describe('a track', () => {
  it('holds points from start to end only, in order of time', () => {
    const track = [...walking(0, 60, 1)].reverse()
    const kept = within(track, second(10), second(50))
    expect(kept.map(({ at }) => at)).toEqual([10, 15, 20, 25, 30, 35, 40, 45, 50].map(second))
  })
})

describe('the distance of a walk', () => {
  const [start, end] = [second(0), second(600)]

  it('is that of the track which covers more of the time', () => {
    const half = walking(0, 300, 1.4)
    const whole = walking(0, 600, 1.2)
    for (const tracks of [
      [half, whole],
      [whole, half],
    ] as const)
      expect(distanceOfWalk([...tracks], start, end)).toBeGreaterThan(690)
  })

  it('is the initiator’s where both cover the same', () => {
    const distance = distanceOfWalk([walking(0, 600, 1), walking(0, 600, 2)], start, end)!
    expect(Math.abs(distance - 600)).toBeLessThan(12)
  })

  it('is nothing known without a point, and none with one', () => {
    expect(distanceOfWalk([[], []], start, end)).toBeNull()
    expect(distanceOfWalk([[], walking(10, 10, 1)], start, end)).toBe(0)
  })

  it('counts no point from before the start or after the end', () => {
    expect(distanceOfWalk([walking(-600, 1200, 1.3), []], start, end)).toBeLessThan(800)
  })
})
