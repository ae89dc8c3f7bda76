import type { Walkers } from '../domain/walkers.ts'
import type { Accounts, Published } from './ports.ts'

/**
 * The number of somebody who is visible, and so may look. That one is not is decided by the owners: an account or a
 * place that is not known here is asked for.
 *
 * @throws AppError unavailable when the owner does not answer
 */
export type PresentViewer = (userId: string) => Promise<number | undefined>

export function presentViewer(deps: { walkers: Walkers; accounts: Accounts; published: Published }): PresentViewer {
  const { walkers, accounts, published } = deps
  const visible = (userId: string): number | undefined => {
    const person = walkers.find(userId)
    return walkers.cellOf(person) === undefined ? undefined : person
  }
  return async userId => {
    const known = visible(userId)
    if (known !== undefined) return known
    const [people, presences] = await Promise.all([accounts.byIds([userId]), published.byIds([userId])])
    for (const account of people) walkers.learnAccount(account)
    for (const presence of presences) walkers.learnPresence(presence)
    return visible(userId)
  }
}
