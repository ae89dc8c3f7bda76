import { type Account, revised } from '../domain/account.ts'
import { mergePreferences, type PreferenceChanges } from '../domain/preferences.ts'
import type { ExpectVersion } from './change-profile.ts'
import { present } from './get-own-account.ts'
import type { Clock, Transact } from './ports.ts'

/**
 * Changes one's own preferences. Giving or taking back the consent to location acts everywhere within a second.
 * @throws AppError as the domain's `mergePreferences`; whatever `expect` throws
 */
export function changePreferences(needs: {
  transact: Transact
  clock: Clock
}): (userId: string, changes: PreferenceChanges, expect: ExpectVersion) => Promise<Account> {
  return (userId, changes, expect) =>
    needs.transact(async unit => {
      const account = present(await unit.accounts.lock(userId))
      expect(account.version)
      const preferences = mergePreferences(account.preferences, changes)
      if (preferences === account.preferences) return account
      const next = revised(account, { preferences }, new Date(needs.clock.now()))
      await unit.accounts.save(next)
      await unit.announce({ kind: 'preferences-updated', account: next })
      if (preferences.locationConsentVersion !== account.preferences.locationConsentVersion)
        await unit.revoke({
          kind: 'location-consent-changed',
          userId,
          enabled: preferences.isLocationEnabled,
          consentVersion: preferences.locationConsentVersion,
        })
      return next
    })
}
