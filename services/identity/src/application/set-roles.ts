import { invalid } from '@walking-buddy/errors'
import { revised } from '../domain/account.ts'
import { tellEnded } from './end-session.ts'
import type { Clock, Transact } from './ports.ts'
import { someone } from './someone.ts'

/**
 * Sets the roles of an account. Where one is taken away all its sessions end, for their access tokens still name it.
 * @throws AppError invalid for no role at all or one that there is not; not-found
 */
export function setRoles(needs: {
  transact: Transact
  clock: Clock
}): (userId: string, roles: readonly string[]) => Promise<void> {
  return async (userId, given) => {
    const roles = [...new Set(given)].sort()
    if (roles.length === 0) throw invalid('invalid-request', 'An account has at least one role.')
    await needs.transact(async unit => {
      const account = someone(await unit.accounts.lock(userId))
      if (roles.join() === account.roles.join()) return
      const now = new Date(needs.clock.now())
      const next = revised(account, { roles }, now)
      await unit.accounts.save(next)
      await unit.announce({ kind: 'profile-updated', account: next })
      if (account.roles.every(role => roles.includes(role))) return
      await tellEnded(unit, await unit.sessions.endAll(userId, 'revoked', now), 'revoked', now)
    })
  }
}
