import { type CellId, type Density, distanceMeters, publishedCell } from '@walking-buddy/cells'
import type { ExactPosition } from '@walking-buddy/exact-position'
import { placeRadiusMeters } from './sighting.ts'

/** A place with the cell that stands for it, so that a home on a border does not wobble over it. */
export interface Place {
  center: ExactPosition
  cell: CellId
  /** The address density by which the cell was chosen. */
  densityVersion: string
  /** False: only the point where the present cell was published, until someone stays there. */
  remembered: boolean
  usedAtMs: number
}

export type Places = readonly Place[]

/** The least recently used ones are forgotten. */
export const mostPlaces = 20

/** The nearest place within 75 m. */
export function placeNear(places: Places, position: ExactPosition): Place | undefined {
  let nearest: Place | undefined
  let leastMeters = placeRadiusMeters
  for (const place of places) {
    const meters = distanceMeters(place.center.reveal(), position.reveal())
    if (meters > leastMeters) continue
    leastMeters = meters
    nearest = place
  }
  return nearest
}

/** The cell of the remembered place that someone is at: all that even their partner may see of them there. */
export const cellOfRememberedPlace = (places: Places, position: ExactPosition): CellId | undefined =>
  placeNear(
    places.filter(place => place.remembered),
    position,
  )?.cell

/** Remembers where someone stays; a place that is known is that place. */
export function withStay(places: Places, anchor: ExactPosition, nowMs: number, density: Density): Places {
  const known = placeNear(places, anchor)
  return replace(places, known, {
    ...(known ?? newPlace(anchor, density)),
    remembered: true,
    usedAtMs: nowMs,
  })
}

/**
 * The cell to publish for someone at `position`: that of the place there, so long as it was chosen by the present
 * density. The point is kept with it, in place of the one of the publication before.
 */
export function withPublication(
  places: Places,
  position: ExactPosition,
  nowMs: number,
  density: Density,
): { cell: CellId; places: Places } {
  const known = placeNear(places, position)
  const fresh =
    known && known.densityVersion !== density.version
      ? { ...newPlace(known.center, density), remembered: known.remembered }
      : known
  const place = { ...(fresh ?? newPlace(position, density)), usedAtMs: nowMs }
  const kept = places.filter(other => other.remembered || other === known)
  return { cell: place.cell, places: replace(kept, known, place) }
}

const newPlace = (center: ExactPosition, density: Density): Place => ({
  center,
  cell: publishedCell(density, center.reveal()),
  densityVersion: density.version,
  remembered: false,
  usedAtMs: 0,
})

function replace(places: Places, old: Place | undefined, place: Place): Places {
  const others = places.filter(other => other !== old)
  const excess = others.length + 1 - mostPlaces
  if (excess <= 0) return [...others, place]
  const byUse = [...others].sort((a, b) => b.usedAtMs - a.usedAtMs)
  return [...byUse.slice(0, mostPlaces - 1), place]
}
