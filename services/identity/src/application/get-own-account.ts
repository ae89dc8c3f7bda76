import { unauthenticated } from '@walking-buddy/errors'
import type { Account } from '../domain/account.ts'
import type { Accounts } from './ports.ts'

/** One's own account. @throws AppError unauthenticated `session-ended` where it is gone */
export function getOwnAccount(needs: {
  accounts: Pick<Accounts, 'find'>
}): (userId: string) => Promise<Account> {
  return async userId => present(await needs.accounts.find(userId))
}

/** What belongs to a caller's account: it was there a moment ago, when the session was checked. */
export function present<T>(own: T | undefined): T {
  if (own === undefined) throw unauthenticated('session-ended', 'This account is gone.')
  return own
}
