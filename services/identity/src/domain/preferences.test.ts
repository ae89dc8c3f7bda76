import { describe, expect, test } from 'vitest'
import { defaultPreferences, mergePreferences } from './preferences.ts'

describe('mergePreferences', () => {
  test('absent is unchanged, null restores the default', () => {
    const changed = mergePreferences(defaultPreferences, { searchRadiusMeters: 500, preferredPace: 'brisk' })
    expect(changed).toEqual({ ...defaultPreferences, searchRadiusMeters: 500, preferredPace: 'brisk' })
    expect(mergePreferences(changed, { searchRadiusMeters: null })).toEqual({
      ...defaultPreferences,
      preferredPace: 'brisk',
    })
  })

  test('a change of nothing is no change', () => {
    expect(mergePreferences(defaultPreferences, { preferredPace: 'any', isLocationEnabled: null })).toBe(
      defaultPreferences,
    )
  })

  test('the youngest age may not lie above the oldest, whichever of the two was sent', () => {
    const upTo40 = mergePreferences(defaultPreferences, { ageRangeMax: 40 })
    expect(() => mergePreferences(upTo40, { ageRangeMin: 41 })).toThrow(
      expect.objectContaining({ kind: 'invalid' }),
    )
    const from30 = mergePreferences(upTo40, { ageRangeMin: 30 })
    expect(() => mergePreferences(from30, { ageRangeMax: 29 })).toThrow(
      expect.objectContaining({ kind: 'invalid' }),
    )
    expect(mergePreferences(upTo40, { ageRangeMin: 60, ageRangeMax: 70 })).toMatchObject({ ageRangeMin: 60 })
  })

  test('the version of consent rises with each switch of location, and with nothing else', () => {
    const on = mergePreferences(defaultPreferences, { isLocationEnabled: true })
    expect(on.locationConsentVersion).toBe(1)
    expect(
      mergePreferences(on, { isLocationEnabled: true, readReceipts: false }).locationConsentVersion,
    ).toBe(1)
    expect(mergePreferences(on, { isLocationEnabled: null }).locationConsentVersion).toBe(2)
  })
})
