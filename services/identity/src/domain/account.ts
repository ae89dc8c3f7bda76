import { ageOn } from './birth-date.ts'
import { defaultPreferences, type Preferences } from './preferences.ts'
import { parseUsername } from './username.ts'

export type Gender = 'female' | 'male' | 'other'
export type VerificationLevel = 'none' | 'email'

/** Everything that belongs to a person's account but the password and the list of blocks. */
export interface Account {
  id: string
  /** Rises by one with each change. */
  version: number
  /** As typed. */
  email: string
  username: string
  fullName: string | null
  bio: string | null
  profilePhotoUrl: string | null
  /** `YYYY-MM-DD` */
  birthDate: string
  gender: Gender | null
  /** When it last changed after the first setting. */
  genderChangedAt: Date | null
  verificationLevel: VerificationLevel
  roles: readonly string[]
  preferences: Preferences
  suspendedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

export interface NewAccount {
  email: string
  username: string
  birthDate: string
  fullName: string | null
  gender: Gender | null
}

/** What someone has who has just come: the role `walker`, and location off until they consent. */
export const newAccount = (id: string, given: NewAccount, now: Date): Account => ({
  id,
  version: 1,
  email: given.email.trim(),
  username: parseUsername(given.username),
  fullName: given.fullName,
  bio: null,
  profilePhotoUrl: null,
  birthDate: given.birthDate,
  gender: given.gender,
  genderChangedAt: null,
  verificationLevel: 'none',
  roles: ['walker'],
  preferences: defaultPreferences,
  suspendedAt: null,
  createdAt: now,
  updatedAt: now,
})

/** The account after a change: one version higher. */
export const revised = (
  account: Account,
  changes: Partial<Omit<Account, 'id' | 'version' | 'updatedAt'>>,
  now: Date,
): Account => ({ ...account, ...changes, version: account.version + 1, updatedAt: now })

/** One's own age, to the day. */
export const ownAge = (account: Account, now: Date): number => ageOn(account.birthDate, now)
