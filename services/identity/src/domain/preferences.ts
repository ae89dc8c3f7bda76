import { invalid } from '@walking-buddy/errors'

export type Pace = 'slow' | 'moderate' | 'brisk' | 'any'

export interface Preferences {
  searchRadiusMeters: number
  preferredPace: Pace
  ageRangeMin: number
  ageRangeMax: number
  genderPreference: 'any' | 'female' | 'male' | 'other'
  /** Consent: without it no position is taken. */
  isLocationEnabled: boolean
  readReceipts: boolean
  personalisedAds: boolean
  /** Rises each time that `isLocationEnabled` changes. */
  locationConsentVersion: number
}

/** Absent is unchanged, null restores the default. */
export type PreferenceChanges = {
  [K in Exclude<keyof Preferences, 'locationConsentVersion'>]?: Preferences[K] | null | undefined
}

export const defaultPreferences: Preferences = {
  searchRadiusMeters: 2_000,
  preferredPace: 'any',
  ageRangeMin: 18,
  ageRangeMax: 120,
  genderPreference: 'any',
  isLocationEnabled: false,
  readReceipts: true,
  personalisedAds: false,
  locationConsentVersion: 0,
}

/**
 * Preferences with the changes: the same object where nothing changes.
 * @throws AppError invalid where the youngest age would lie above the oldest
 */
export function mergePreferences(current: Preferences, changes: PreferenceChanges): Preferences {
  const merged = { ...current }
  for (const name of Object.keys(changes) as (keyof PreferenceChanges)[])
    if (changes[name] !== undefined)
      Object.assign(merged, { [name]: changes[name] ?? defaultPreferences[name] })

  if (merged.ageRangeMin > merged.ageRangeMax)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [
        {
          path: 'body.ageRangeMin',
          message: `must not be above ageRangeMax, which is ${merged.ageRangeMax}`,
        },
      ],
    })
  if (merged.isLocationEnabled !== current.isLocationEnabled) merged.locationConsentVersion += 1
  const same = (Object.keys(merged) as (keyof Preferences)[]).every(name => merged[name] === current[name])
  return same ? current : merged
}
