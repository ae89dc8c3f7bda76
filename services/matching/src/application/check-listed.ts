import type { Clock } from '@walking-buddy/service-kit'
import type { Found } from '../domain/nearby-index.ts'
import type { Walkers } from '../domain/walkers.ts'
import type { Accounts, Published } from './ports.ts'
import type { PresentViewer } from './present-viewer.ts'
import { type RankNearby, rankedNow } from './rank-nearby.ts'
import { mayRead, type ReadAreas } from './read-areas.ts'

/** The whole of what a person may have on their list: the longest page, within their own radius. */
const wholeList = { limit: 100 }

/**
 * Which of the subjects are on the viewer's present nearby list.
 *
 * Whoever is not by what is known here is asked for at their owners before they are refused, all in the same way:
 * unknown, hidden, blocked, filtered and far take the same calls, and so the same time.
 *
 * Who has read too many areas has no list, and so nobody on it.
 *
 * @throws AppError unavailable when an owner does not answer
 */
export function checkListed(deps: {
  walkers: Walkers
  accounts: Accounts
  published: Published
  present: PresentViewer
  readArea: ReadAreas
  rank: RankNearby
  clock: Clock
}) {
  const { walkers, accounts, published, present, readArea, rank } = deps
  return async (viewerId: string, subjectIds: readonly string[]): Promise<string[]> => {
    const viewer = await present(viewerId)
    if (viewer === undefined || !(await mayRead(readArea, viewerId, viewer.cell))) return []
    const listed = await rank(viewer.person, wholeList, peopleOf)
    const isListed = (userId: string) => listed.has(walkers.find(userId))
    const missing = subjectIds.filter(userId => !isListed(userId))
    if (missing.length === 0) return [...subjectIds]

    const asked = [viewerId, ...missing]
    const [people, presences, apartIds] = await Promise.all([
      accounts.byIds(asked),
      published.byIds(asked),
      accounts.apartFrom(viewerId),
    ])
    for (const account of people) walkers.learnAccount(account)
    for (const presence of presences) walkers.learnPresence(presence)
    const apart = new Set(apartIds.map(id => walkers.numberOf(id)))
    const vouched = new Set(missing)
    const now = peopleOf(rankedNow(deps, viewer.person, wholeList, apart))
    return subjectIds.filter(userId =>
      vouched.has(userId) ? now.has(walkers.find(userId)) : isListed(userId),
    )
  }
}

const peopleOf = (found: Found): ReadonlySet<number> => new Set(found.people.subarray(0, found.count))
