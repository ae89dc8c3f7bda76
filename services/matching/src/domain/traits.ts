export const genders = ['female', 'male', 'other'] as const
export type Gender = (typeof genders)[number]

export const paces = ['slow', 'moderate', 'brisk'] as const
export type Pace = (typeof paces)[number]

/** What of a person decides whom they suit. */
export interface Traits {
  birthYear: number
  /** 1 to 12. */
  birthMonth: number
  /** null: not told. */
  gender: Gender | null
  pace: Pace | 'any'
  searchRadiusMeters: number
  ageRangeMin: number
  ageRangeMax: number
  genderPreference: Gender | 'any'
}

/** Months since January 1900, in UTC. */
export type Month = number

const epochYear = 1900

export const monthOf = (timeMs: number): Month => {
  const date = new Date(timeMs)
  return (date.getUTCFullYear() - epochYear) * 12 + date.getUTCMonth()
}

/** The age that others see turns on the 1st of the birth month: the day of birth cannot be found by watching. */
export const ageIn = (month: Month, born: Month): number => Math.floor((month - born) / 12)

/*
 * Eight bytes a person. First word: radius (16 bits) | month of birth (16); second word: age from (8) | to (8) |
 * kind (6: gender, wanted gender, pace).
 */

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, Math.trunc(value)))

/** Writes traits as the two words from `at` on. */
export function packTraits(words: Uint32Array, at: number, traits: Traits): void {
  const born = clamp((traits.birthYear - epochYear) * 12 + traits.birthMonth - 1, 0xffff)
  const kind =
    (genders.indexOf(traits.gender as Gender) + 1) |
    ((genders.indexOf(traits.genderPreference as Gender) + 1) << 2) |
    ((paces.indexOf(traits.pace as Pace) + 1) << 4)
  words[at] = clamp(traits.searchRadiusMeters, 0xffff) | (born << 16)
  words[at + 1] = clamp(traits.ageRangeMin, 255) | (clamp(traits.ageRangeMax, 255) << 8) | (kind << 16)
}

export const radiusOf = (first: number): number => first & 0xffff
export const bornOf = (first: number): Month => first >>> 16
export const ageFromOf = (second: number): number => second & 0xff
export const ageToOf = (second: number): number => (second >>> 8) & 0xff
/** Gender, wanted gender and pace together: one of 64. */
export const kindOf = (second: number): number => (second >>> 16) & 63

/** 0: not told. */
export const genderOfKind = (kind: number): number => kind & 3
/** 0: anyone. */
export const wantedOfKind = (kind: number): number => (kind >>> 2) & 3
/** 0: any. */
export const paceOfKind = (kind: number): number => kind >>> 4

/** As words: null is not told. */
export const genderNameOf = (second: number): Gender | null =>
  genders[genderOfKind(kindOf(second)) - 1] ?? null
export const paceNameOf = (second: number): Pace | 'any' => paces[paceOfKind(kindOf(second)) - 1] ?? 'any'

export function unpackTraits(words: Uint32Array, at: number): Traits {
  const first = words[at]!
  const second = words[at + 1]!
  return {
    birthYear: epochYear + Math.floor(bornOf(first) / 12),
    birthMonth: (bornOf(first) % 12) + 1,
    gender: genderNameOf(second),
    pace: paceNameOf(second),
    searchRadiusMeters: radiusOf(first),
    ageRangeMin: ageFromOf(second),
    ageRangeMax: ageToOf(second),
    genderPreference: genders[wantedOfKind(kindOf(second)) - 1] ?? 'any',
  }
}
