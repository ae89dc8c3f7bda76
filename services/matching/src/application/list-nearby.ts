import type { Clock } from '@walking-buddy/service-kit'
import type { Card } from '../domain/facts.ts'
import type { Found } from '../domain/nearby-index.ts'
import { monthOf } from '../domain/traits.ts'
import type { Walkers } from '../domain/walkers.ts'
import type { PresentViewer } from './present-viewer.ts'
import type { RankNearby } from './rank-nearby.ts'
import type { ReadAreas } from './read-areas.ts'

export interface NearbyList {
  items: Card[]
  asOf: Date
}

export interface NearbyQuery {
  viewerId: string
  radiusMeters?: number | undefined
  limit: number
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
  return async ({ viewerId, ...options }: NearbyQuery): Promise<NearbyList> => {
    const viewer = await present(viewerId)
    if (viewer === undefined) return { items: [], asOf: new Date(clock.now()) }
    await readArea(viewerId, viewer.cell)
    const items = await rank(viewer.person, options, found => cardsOf(walkers, found, clock))
    return { items, asOf: new Date(clock.now()) }
  }
}

/** People found, as their viewer may see them. */
export function cardsOf(walkers: Walkers, found: Found, clock: Clock): Card[] {
  const month = monthOf(clock.now())
  const cards: Card[] = []
  for (let i = 0; i < found.count; i++)
    cards.push(walkers.card(found.people[i]!, found.distancesMeters[i]!, month))
  return cards
}
