import { notFound } from '@walking-buddy/errors'
import type { Account } from '../domain/account.ts'

/** For operators, who may know which ids there are. @throws AppError not-found `user-not-found` */
export function someone(account: Account | undefined): Account {
  if (!account) throw notFound('user-not-found', 'There is no user with this id.')
  return account
}
