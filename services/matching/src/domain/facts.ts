import type { CellId } from '@walking-buddy/cells'
import type { Gender, Pace, Traits } from './traits.ts'

/** An account at a version, as identity tells it. */
export interface Account {
  userId: string
  version: number
  username: string
  profilePhotoUrl: string | null
  traits: Traits
  suspended: boolean
  isLocationEnabled: boolean
  /** Rises each time that `isLocationEnabled` is switched. */
  locationConsentVersion: number
}

/** What is published of a person at a version, as location tells it. */
export interface Presence {
  userId: string
  version: number
  /** null: not visible. */
  cell: CellId | null
  lastSeenMs: number
}

/** Everyone whom a user blocks, at a version. */
export interface BlockList {
  userId: string
  version: number
  blockedIds: readonly string[]
}

/** A person as a list shows them to one viewer. */
export interface Card {
  userId: string
  username: string
  age: number
  gender: Gender | null
  pace: Pace | 'any'
  profilePhotoUrl: string | null
  cell: CellId
  distanceMeters: number
  lastSeenMs: number
}
