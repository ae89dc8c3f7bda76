import type { Consent } from './decide.ts'

/** What of an account matters here; identity's word, at the highest version that was heard of. */
export interface Account {
  userId: string
  version: number
  locationEnabled: boolean
  /** Of `locationEnabled`; it may be heard of before the account's version is. */
  consentVersion: number
  suspended: boolean
}

/** Null: nothing was heard of it yet. */
export const consentOf = ({ consentVersion, locationEnabled }: Account): Consent | null =>
  consentVersion < 0 ? null : { version: consentVersion, given: locationEnabled }

/** Whether positions of theirs may be taken. */
export const isLocatable = ({ locationEnabled, suspended }: Account): boolean => locationEnabled && !suspended

/** Someone of whom nothing was heard: no consent. */
export const strangerOf = (userId: string): Account => ({
  userId,
  version: -1,
  locationEnabled: false,
  consentVersion: -1,
  suspended: false,
})

/** The two together, in whatever order they were heard. */
export function newestOf(known: Account | undefined, told: Account): Account {
  if (!known) return told
  const latest = told.version > known.version ? told : known
  const consent = told.consentVersion > known.consentVersion ? told : known
  return { ...latest, locationEnabled: consent.locationEnabled, consentVersion: consent.consentVersion }
}

/** Of two words on one person's consent the later. */
export function laterConsent(a: Consent | null, b: Consent | null): Consent | null {
  if (!a || !b) return a ?? b
  return a.version > b.version ? a : b
}
