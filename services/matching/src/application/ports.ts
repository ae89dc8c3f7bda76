import type { CellId } from '@walking-buddy/cells'
import type { Account, Presence } from '../domain/facts.ts'

/** Identity, the owner of accounts and blocks. Failures: AppError unavailable or timeout. */
export interface Accounts {
  /** At most 500; unknown and erased ones are left out. */
  byIds(userIds: readonly string[]): Promise<Account[]>
  /** Everyone who is kept apart from a user, whichever of the two wanted it. */
  apartFrom(userId: string): Promise<string[]>
}

/** Location, the owner of what is published. Failures: AppError unavailable or timeout. */
export interface Published {
  /** Everyone who is visible now. */
  all(signal: AbortSignal): AsyncIterable<Presence[]>
  /** At most 500; those who are not visible are left out. */
  byIds(userIds: readonly string[]): Promise<Presence[]>
}

/** Where accounts have read lists today, for all instances. Failures: AppError unavailable or timeout. */
export interface AreaLedger {
  /** Counts an area of a day, unless it would be one too many; says whether it counts. */
  admit(userId: string, day: string, area: CellId): Promise<boolean>
  /** Drops what is older than a day. */
  forgetBefore(day: string): Promise<void>
}

/** The watch of revocations; what it tells reaches `Walkers` as it comes. */
export interface RevocationWatch {
  /** Whether everything revoked a second ago is known here. */
  fresh(): boolean
}
