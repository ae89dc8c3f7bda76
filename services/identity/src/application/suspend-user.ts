import { revised } from '../domain/account.ts'
import { sessionEnds } from './end-session.ts'
import type { Clock, Transact } from './ports.ts'
import { someone } from './someone.ts'

/** Hides an account and ends all its sessions, everywhere within a second. A repeat changes nothing. */
export function suspendUser(needs: { transact: Transact; clock: Clock }): (userId: string) => Promise<void> {
  return userId =>
    needs.transact(async unit => {
      const account = someone(await unit.accounts.lock(userId))
      if (account.suspendedAt) return
      const now = new Date(needs.clock.now())
      const next = revised(account, { suspendedAt: now }, now)
      await unit.accounts.save(next)
      const sessions = await unit.sessions.endAll(userId, 'suspended', now)
      await unit.announce(
        { kind: 'user-suspended', account: next },
        ...sessionEnds(sessions, 'suspended', now).map(
          session => ({ kind: 'session-ended', session }) as const,
        ),
      )
      await unit.revoke({ kind: 'user-suspended', userId })
    })
}
