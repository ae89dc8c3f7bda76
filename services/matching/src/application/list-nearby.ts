import type { Clock } from '@walking-buddy/service-kit'
import { monthOf } from '../domain/traits.ts'
import type { Card, Walkers } from '../domain/walkers.ts'
import type { PresentViewer } from './present-viewer.ts'
import type { RankNearby, Ranked } from './rank-nearby.ts'
import type { ReadAreas } from './read-areas.ts'

export interface ListedWalker extends Card {
  distanceMeters: number
}

export interface NearbyList {
  items: ListedWalker[]
  asOf: Date
}

/**
 * Who suits a person nearby, best first; nobody while the person is not visible.
 * @throws AppError exhausted `too-many-areas`; unavailable when an owner who has to be asked does not answer
 */
export function listNearby(deps: {
  walkers: Walkers
  present: PresentViewer
  readArea: ReadAreas
  rank: RankNearby
  clock: Clock
}) {
  const { walkers, present, readArea, rank, clock } = deps
  return async (query: { viewerId: string; radiusMeters?: number | undefined; limit: number }): Promise<NearbyList> => {
    const viewer = await present(query.viewerId)
    const cell = viewer === undefined ? undefined : walkers.cellOf(viewer)
    if (viewer === undefined || cell === undefined) return { items: [], asOf: new Date(clock.now()) }
    await readArea(query.viewerId, cell)
    const items = walkers.cellOf(viewer) === undefined ? [] : cardsOf(walkers, await rank(viewer, query), clock)
    return { items, asOf: new Date(clock.now()) }
  }
}

/** A list as others may see it; to be made in the same turn of the event loop as the list. */
export function cardsOf(walkers: Walkers, list: Ranked, clock: Clock): ListedWalker[] {
  const month = monthOf(clock.now())
  return list.people.map((person, i) => ({ ...walkers.card(person, month), distanceMeters: list.distancesMeters[i]! }))
}
