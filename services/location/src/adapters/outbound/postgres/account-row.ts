import type { Account } from '../../../domain/account.ts'

/** A row of `accounts` as the driver gives it. */
export type AccountRow = {
  user_id: string
  version: number
  location_enabled: boolean
  consent_version: number
  suspended: boolean
}

export const accountOf = (row: AccountRow): Account => ({
  userId: row.user_id,
  version: row.version,
  locationEnabled: row.location_enabled,
  consentVersion: row.consent_version,
  suspended: row.suspended,
})
