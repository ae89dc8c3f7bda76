import { revised } from '../domain/account.ts'
import { sessionEnds } from './end-session.ts'
import type { Clock, Tokens, Transact } from './ports.ts'
import { someone } from './someone.ts'

/** Shows an account again. The sessions that its suspension ended stay ended. A repeat changes nothing. */
export function reinstateUser(needs: {
  transact: Transact
  tokens: Pick<Tokens, 'accessLifetimeSeconds'>
  clock: Clock
}): (userId: string) => Promise<void> {
  return userId =>
    needs.transact(async unit => {
      const account = someone(await unit.accounts.lock(userId))
      if (!account.suspendedAt) return
      const now = new Date(needs.clock.now())
      const next = revised(account, { suspendedAt: null }, now)
      await unit.accounts.save(next)
      await unit.announce({ kind: 'user-reinstated', account: next })

      // Until now the suspension alone kept out access tokens that have not expired.
      const since = new Date(now.getTime() - 2 * needs.tokens.accessLifetimeSeconds * 1_000)
      const sessions = await unit.sessions.endedBySuspension(userId, since)
      await unit.revoke(
        ...sessionEnds(sessions, 'suspended', now).map(
          session => ({ kind: 'session-ended', session }) as const,
        ),
        { kind: 'user-reinstated', userId },
      )
    })
}
