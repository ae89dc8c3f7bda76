import type { CellId } from '@walking-buddy/cells'
import type { Walkers } from '../domain/walkers.ts'
import type { Loading } from './load-published.ts'
import type { Accounts, Published } from './ports.ts'

/**
 * Somebody who is visible, and so may look. That one is not is decided by the owners: whoever is not visible by
 * what is known here is asked for.
 *
 * @throws AppError unavailable when an owner does not answer, or while the index is being loaded
 */
export type PresentViewer = (userId: string) => Promise<{ person: number; cell: CellId } | undefined>

export function presentViewer(deps: {
  walkers: Walkers
  accounts: Accounts
  published: Published
  loading: Pick<Loading, 'assertDone'>
}): PresentViewer {
  const { walkers, accounts, published, loading } = deps
  const visible = (userId: string) => {
    const person = walkers.find(userId)
    const cell = walkers.cellOf(person)
    return cell === undefined ? undefined : { person, cell }
  }
  return async userId => {
    loading.assertDone()
    const known = visible(userId)
    if (known) return known
    const [people, presences] = await Promise.all([accounts.byIds([userId]), published.byIds([userId])])
    for (const account of people) walkers.learnAccount(account)
    for (const presence of presences) walkers.learnPresence(presence)
    return visible(userId)
  }
}
