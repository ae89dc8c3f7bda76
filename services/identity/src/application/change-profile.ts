import type { Account } from '../domain/account.ts'
import { changeProfile as changed, type ProfileChanges } from '../domain/profile.ts'
import { present } from './get-own-account.ts'
import type { Clock, Transact } from './ports.ts'

/** Refuses a change that is based on another version than the present one. */
export type ExpectVersion = (version: number) => void

/**
 * Changes one's own profile; a change of nothing leaves the version.
 * @throws AppError as the domain's `changeProfile`; exists `username-taken`; whatever `expect` throws
 */
export function changeProfile(needs: {
  transact: Transact
  clock: Clock
}): (userId: string, changes: ProfileChanges, expect: ExpectVersion) => Promise<Account> {
  return (userId, changes, expect) =>
    needs.transact(async unit => {
      const account = present(await unit.accounts.lock(userId))
      expect(account.version)
      const next = changed(account, changes, new Date(needs.clock.now()))
      if (next === account) return account
      await unit.accounts.save(next)
      await unit.announce({ kind: 'profile-updated', account: next })
      return next
    })
}
