import { Gender, Pace, type User, VerificationLevel } from '@walking-buddy/contracts/grpc/identity'
import type { Account } from '../../domain/account.ts'
import { monthOf, yearOf } from '../../domain/birth-date.ts'

const genders = { female: Gender.FEMALE, male: Gender.MALE, other: Gender.OTHER, any: Gender.UNSPECIFIED }
const paces = { any: Pace.ANY, slow: Pace.SLOW, moderate: Pace.MODERATE, brisk: Pace.BRISK }
const levels = { none: VerificationLevel.NONE, email: VerificationLevel.EMAIL }

/** What other services may know of an account. */
export const userOf = (account: Account): User => ({
  userId: account.id,
  version: account.version,
  username: account.username,
  birthYear: yearOf(account.birthDate),
  birthMonth: monthOf(account.birthDate),
  gender: genders[account.gender ?? 'any'],
  profilePhotoUrl: account.profilePhotoUrl ?? '',
  verificationLevel: levels[account.verificationLevel],
  roles: [...account.roles],
  preferences: {
    ...account.preferences,
    preferredPace: paces[account.preferences.preferredPace],
    genderPreference: genders[account.preferences.genderPreference],
  },
  suspended: account.suspendedAt !== null,
  createdAt: account.createdAt,
})
