import type { Clock } from '@walking-buddy/service-kit'
import { monthOf } from '../domain/traits.ts'
import type { Walkers } from '../domain/walkers.ts'
import type { Accounts, RevocationWatch } from './ports.ts'

/** A list by numbers of people, best first. */
export interface Ranked {
  people: number[]
  distancesMeters: number[]
  /** As `Found` says. */
  reachMeters: number
  crowded: boolean
}

export interface RankOptions {
  /** At most; never more than the viewer's own. Absent: the viewer's own. */
  radiusMeters?: number | undefined
  limit: number
}

/** The list of a person who is visible. @throws AppError unavailable when who is revoked cannot be known */
export type RankNearby = (viewer: number, options: RankOptions) => Promise<Ranked>

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
  const { walkers, accounts, revocations, clock } = deps

  const verified = async (viewer: number, options: RankOptions): Promise<Ranked> => {
    const apart = new Set((await accounts.apartFrom(walkers.idOf(viewer))).map(id => walkers.numberOf(id)))
    const first = ranked(walkers, viewer, options, clock, apart)
    const known = new Set<number>()
    if (first.people.length > 0)
      for (const account of await accounts.byIds(first.people.map(person => walkers.idOf(person)))) {
        walkers.learnAccount(account)
        known.add(walkers.find(account.userId))
      }
    if (walkers.cellOf(viewer) === undefined) return { ...first, people: [], distancesMeters: [] }
    return onlyThose(ranked(walkers, viewer, options, clock, apart), known)
  }

  return async (viewer, options) =>
    revocations.fresh()
      ? ranked(walkers, viewer, options, clock, walkers.apartFrom(viewer))
      : verified(viewer, options)
}

/** The list by what is known now; `apart` decides who is kept apart. */
export function ranked(
  walkers: Walkers,
  viewer: number,
  { radiusMeters = Number.POSITIVE_INFINITY, limit }: RankOptions,
  clock: Clock,
  apart: { has(other: number): boolean } | undefined,
): Ranked {
  const found = walkers.search(viewer, { radiusMeters, limit, month: monthOf(clock.now()), apart })
  return {
    people: Array.from(found.people.subarray(0, found.count)),
    distancesMeters: Array.from(found.distancesMeters.subarray(0, found.count)),
    reachMeters: found.reachMeters,
    crowded: found.crowded,
  }
}

function onlyThose(list: Ranked, known: ReadonlySet<number>): Ranked {
  const stays = list.people.map(person => known.has(person))
  return {
    ...list,
    people: list.people.filter((_, i) => stays[i]),
    distancesMeters: list.distancesMeters.filter((_, i) => stays[i]),
  }
}
