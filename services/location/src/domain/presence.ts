import type { CellId } from '@walking-buddy/cells'
import type { Availability } from './availability.ts'
import type { Places } from './places.ts'

/** What is kept of one person, and changed only by the holder of their shard. */
export interface Presence {
  userId: string
  /** Rises with each change of what others see. */
  version: number
  /** The cell published last; others see it while `shown`. */
  cell: CellId | null
  publishedAtMs: number | null
  shown: boolean
  /** In steps of 30 minutes. */
  lastSeenMs: number | null
  availability: Availability | null
  /** Switched on while no position was known: the first one is to be published at once. */
  awaiting: boolean
  /** Each consent makes its giver available once. */
  consentVersionUsed: number
  /** Consent was withdrawn, and not given again. */
  consentEndedAtMs: number | null
  places: Places
  /** The last position, by a cell of 3,200 m, for 24 h. */
  lastArea: { cell: CellId; atMs: number } | null
  /** When something may change or be forgotten without being asked; null: never. */
  nextTickAtMs: number | null
}

/** All that others may know. */
export interface PublicView {
  cell: CellId
  publishedAtMs: number
  lastSeenMs: number
}

/** Someone of whom nothing was ever published. */
export const newPresence = (userId: string): Presence => ({
  userId,
  version: 0,
  cell: null,
  publishedAtMs: null,
  shown: false,
  lastSeenMs: null,
  availability: null,
  awaiting: false,
  consentVersionUsed: -1,
  consentEndedAtMs: null,
  places: [],
  lastArea: null,
  nextTickAtMs: null,
})

/** Null: not visible. */
export const publicView = ({ shown, cell, publishedAtMs, lastSeenMs }: Presence): PublicView | null =>
  shown && cell !== null && publishedAtMs !== null && lastSeenMs !== null
    ? { cell, publishedAtMs, lastSeenMs }
    : null

/** With the version that follows from `before`: one more where others see something else now. */
export function versioned(before: Presence, after: Presence): Presence {
  const version = before.version + (isSameView(publicView(before), publicView(after)) ? 0 : 1)
  return version === after.version ? after : { ...after, version }
}

const isSameView = (a: PublicView | null, b: PublicView | null): boolean =>
  a?.cell === b?.cell && a?.publishedAtMs === b?.publishedAtMs && a?.lastSeenMs === b?.lastSeenMs
