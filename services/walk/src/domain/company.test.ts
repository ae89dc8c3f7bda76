import { ExactPosition } from '@walking-buddy/exact-position'
import { describe, expect, it } from 'vitest'
import { companyAfter, noCompany, type Whereabouts } from './company.ts'

const noon = Date.UTC(2026, 4, 1, 12)
const metersPerDegree = 111_195

const whereabouts = (
  northMeters: number,
  options: { accuracyMeters?: number; seconds?: number } = {},
): Whereabouts => ({
  position: new ExactPosition(48 + northMeters / metersPerDegree, -20),
  accuracyMeters: options.accuracyMeters ?? 10,
  recordedAt: new Date(noon + (options.seconds ?? 0) * 1000),
  nearPlace: false,
})
const here = whereabouts(0)
const met = { metAt: new Date(noon), apartSince: null }

describe('a pair', () => {
  it('has met within 75 m, by positions that are sure enough', () => {
    expect(companyAfter(noCompany, here, whereabouts(70)).metAt).toEqual(new Date(noon))
    expect(companyAfter(noCompany, here, whereabouts(80))).toBe(noCompany)
    expect(companyAfter(noCompany, here, whereabouts(20, { accuracyMeters: 200 }))).toBe(noCompany)
  })

  it('is apart beyond 300 m, whatever the accuracy, and only after having met', () => {
    expect(companyAfter(met, here, whereabouts(330)).apartSince).toEqual(new Date(noon))
    expect(companyAfter(met, here, whereabouts(310))).toBe(met)
    expect(companyAfter(met, here, whereabouts(700, { accuracyMeters: 500 }))).toBe(met)
    expect(companyAfter(noCompany, here, whereabouts(5_000))).toBe(noCompany)
  })

  it('stays apart since the first time, until it looks together again', () => {
    const apart = companyAfter(met, here, whereabouts(400))
    expect(companyAfter(apart, here, whereabouts(500, { seconds: 30 }))).toBe(apart)
    expect(companyAfter(apart, here, whereabouts(310))).toBe(apart)
    expect(companyAfter(apart, here, whereabouts(290)).apartSince).toBeNull()
  })

  it('is not judged by positions of different times', () => {
    expect(companyAfter(met, here, whereabouts(400, { seconds: 61 }))).toBe(met)
    expect(companyAfter(noCompany, here, whereabouts(0, { seconds: 61 }))).toBe(noCompany)
  })
})
