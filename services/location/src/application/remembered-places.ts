import type { CellId } from '@walking-buddy/cells'
import type { ExactPosition } from '@walking-buddy/exact-position'
import type { Clock } from '@walking-buddy/service-kit'
import { cellOfRememberedPlace, type Places } from '../domain/places.ts'
import type { Presences } from './ports.ts'
import { recentMap } from './recent-map.ts'

/** Remembered places of people in a walk, for whom they are looked up with each position. */
export interface RememberedPlaces {
  /** Makes those of these people known. @throws AppError unavailable */
  load(userIds: readonly string[]): Promise<void>
  /** The cell of the remembered place that someone is at; `unknown` where they were not loaded. */
  cellAt(userId: string, position: ExactPosition): CellId | undefined | 'unknown'
}

/** A stay becomes a place after 10 minutes: half a minute more does not matter. */
const lifeMs = 30_000
const mostPeople = 10_000

export function rememberedPlaces(deps: {
  presences: Pick<Presences, 'placesOf'>
  clock: Clock
}): RememberedPlaces {
  const { presences, clock } = deps
  const known = recentMap<{ places: Places; loadedAtMs: number }>(mostPeople)

  return {
    async load(userIds) {
      const nowMs = clock.monotonicMs()
      const isStale = (userId: string): boolean =>
        nowMs - (known.get(userId)?.loadedAtMs ?? Number.NEGATIVE_INFINITY) > lifeMs
      const stale = userIds.filter(isStale)
      if (stale.length === 0) return
      const loaded = await presences.placesOf(stale)
      for (const userId of stale) known.set(userId, { places: loaded.get(userId) ?? [], loadedAtMs: nowMs })
    },
    cellAt(userId, position) {
      const held = known.get(userId)
      return held ? cellOfRememberedPlace(held.places, position) : 'unknown'
    },
  }
}
