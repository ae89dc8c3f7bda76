import { Gender, Pace, type User, type UserBlocksChanged } from '@walking-buddy/contracts/grpc/identity'
import type { Account, BlockList } from '../../domain/facts.ts'
import type { Traits } from '../../domain/traits.ts'

const genders: Partial<Record<Gender, Traits['gender']>> = {
  [Gender.FEMALE]: 'female',
  [Gender.MALE]: 'male',
  [Gender.OTHER]: 'other',
}
const paces: Partial<Record<Pace, Traits['pace']>> = {
  [Pace.SLOW]: 'slow',
  [Pace.MODERATE]: 'moderate',
  [Pace.BRISK]: 'brisk',
}

/** An account as identity tells it. Without preferences nobody is listed, as there is no consent. */
export function accountOf(user: User): Account {
  const { preferences } = user
  return {
    userId: user.userId,
    version: user.version,
    username: user.username,
    profilePhotoUrl: user.profilePhotoUrl || null,
    traits: {
      birthYear: user.birthYear,
      birthMonth: user.birthMonth,
      gender: genders[user.gender] ?? null,
      pace: paces[preferences?.preferredPace ?? Pace.ANY] ?? 'any',
      searchRadiusMeters: preferences?.searchRadiusMeters ?? 0,
      ageRangeMin: preferences?.ageRangeMin ?? 0,
      ageRangeMax: preferences?.ageRangeMax ?? 0,
      genderPreference: genders[preferences?.genderPreference ?? Gender.UNSPECIFIED] ?? 'any',
    },
    suspended: user.suspended,
    isLocationEnabled: preferences?.isLocationEnabled ?? false,
    locationConsentVersion: preferences?.locationConsentVersion ?? 0,
  }
}

export const blockListOf = (message: UserBlocksChanged): BlockList => ({
  userId: message.userId,
  version: message.version,
  blockedIds: message.blockedUserIds,
})
