import type { User } from '@walking-buddy/contracts/grpc/identity'
import type { Account } from '../../domain/account.ts'

/** What of a user matters here. */
export const accountOf = (user: User): Account => ({
  userId: user.userId,
  version: user.version,
  locationEnabled: user.preferences?.isLocationEnabled ?? false,
  consentVersion: user.preferences?.locationConsentVersion ?? 0,
  suspended: user.suspended,
})
