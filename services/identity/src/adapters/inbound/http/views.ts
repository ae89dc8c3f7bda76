import type { preferences, publicUser, userProfile } from '@walking-buddy/contracts/rest/identity'
import type { z } from 'zod'
import { type Account, ownAge } from '../../../domain/account.ts'
import { publicAgeOn } from '../../../domain/birth-date.ts'
import type { Preferences } from '../../../domain/preferences.ts'

/** An account as its owner sees it. */
export const profileView = (account: Account, now: Date): z.input<typeof userProfile> => ({
  id: account.id,
  email: account.email,
  username: account.username,
  fullName: account.fullName,
  bio: account.bio,
  profilePhotoUrl: account.profilePhotoUrl,
  birthDate: account.birthDate,
  age: ownAge(account, now),
  gender: account.gender,
  verificationLevel: account.verificationLevel,
  roles: [...account.roles],
  createdAt: account.createdAt.toISOString(),
  updatedAt: account.updatedAt.toISOString(),
})

/** An account as others see it. */
export const publicView = (account: Account, now: Date): z.input<typeof publicUser> => ({
  userId: account.id,
  username: account.username,
  age: publicAgeOn(account.birthDate, now),
  gender: account.gender,
  bio: account.bio,
  preferredPace: account.preferences.preferredPace,
  profilePhotoUrl: account.profilePhotoUrl,
  verificationLevel: account.verificationLevel,
})

export function preferencesView({
  locationConsentVersion: _,
  ...shown
}: Preferences): z.input<typeof preferences> {
  return shown
}
