import type { Clock } from '@walking-buddy/service-kit'
import type { Apart, Found } from '../domain/nearby-index.ts'
import { monthOf } from '../domain/traits.ts'
import type { Walkers } from '../domain/walkers.ts'
import type { Accounts, RevocationWatch } from './ports.ts'

export interface RankOptions {
  /** At most; never more than the viewer's own. Absent: the viewer's own. */
  radiusMeters?: number | undefined
  limit: number
}

/**
 * Finds whom a person may be shown and hands it to `read` in the same turn, so that nothing changes in between.
 * Nobody is found by whoever is not visible themselves.
 *
 * @throws AppError unavailable when who is revoked cannot be known
 */
export type RankNearby = <T>(viewer: number, options: RankOptions, read: (found: Found) => T) => Promise<T>

const nobody: Found = {
  count: 0,
  people: new Int32Array(),
  distancesMeters: new Int32Array(),
  reachMeters: 0,
  crowded: false,
}

/** By what is known here, and by who is `apart`. */
export function rankedNow(
  deps: { walkers: Walkers; clock: Clock },
  viewer: number,
  options: RankOptions,
  apart: Apart | undefined,
): Found {
  const { walkers, clock } = deps
  if (walkers.cellOf(viewer) === undefined) return nobody
  const { radiusMeters = Number.POSITIVE_INFINITY, limit } = options
  return walkers.search(viewer, { radiusMeters, limit, month: monthOf(clock.now()), apart })
}

/**
 * While the watch of revocations is fresh the answer comes from memory. When it is not, identity says who is kept
 * apart from the viewer and which of those found may be shown; without its word there is no list.
 */
export function rankNearby(deps: {
  walkers: Walkers
  accounts: Accounts
  revocations: RevocationWatch
  clock: Clock
}): RankNearby {
  const { walkers, accounts, revocations } = deps
  return async (viewer, options, read) => {
    if (revocations.fresh()) return read(rankedNow(deps, viewer, options, walkers.apartFrom(viewer)))
    const apart = new Set((await accounts.apartFrom(walkers.idOf(viewer))).map(id => walkers.numberOf(id)))
    const { people, count } = rankedNow(deps, viewer, options, apart)
    const found = Array.from(people.subarray(0, count), person => walkers.idOf(person))
    const vouched = new Set<number>()
    for (const account of found.length > 0 ? await accounts.byIds(found) : []) {
      walkers.learnAccount(account)
      vouched.add(walkers.numberOf(account.userId))
    }
    return read(rankedNow(deps, viewer, options, { has: other => apart.has(other) || !vouched.has(other) }))
  }
}
