import type { ExactPosition } from '@walking-buddy/exact-position'
import type { Account } from '../domain/account.ts'
import type { UntilWish } from '../domain/availability.ts'
import type { Consent } from '../domain/decide.ts'
import type { Places } from '../domain/places.ts'
import type { Presence, PublicView } from '../domain/presence.ts'
import type { Sighting } from '../domain/sighting.ts'

/** Exact positions: the only place where they rest, 300 s each. It may lose everything at any time. */
export interface Sightings {
  /** In the order of `userIds`, with since when nothing was lost. @throws AppError unavailable */
  read(
    userIds: readonly string[],
  ): Promise<{ kept: readonly (KeptSighting | undefined)[]; completeSinceMs: number }>
  /** Replaces each that is still as it was read; false: it is not. @throws AppError unavailable */
  replace(
    changes: readonly { userId: string; before: KeptSighting | undefined; after: Sighting }[],
  ): Promise<readonly boolean[]>
  /** @throws AppError unavailable */
  forget(userId: string): Promise<void>
}

export interface KeptSighting {
  sighting: Sighting
  /** The bytes by which the store tells whether it is still the same. */
  stamp: Uint8Array
}

/** A change of one person's presence that only the holder of their shard makes. */
export type Request =
  | { kind: 'switch-on'; until: UntilWish; consent: Consent }
  | { kind: 'switch-off' }
  | { kind: 'position'; consent: Consent | null }
  | { kind: 'stay' }
  | { kind: 'consent-ended'; version: number }
  | { kind: 'suspended' }
  | { kind: 'erased' }
  | { kind: 'tick' }

/** What became of a request. */
export type Outcome =
  | { kind: 'done'; availability: AvailabilityView }
  | { kind: 'refused'; code: 'location-disabled' }

/** What a person is told of their own availability: just what others see. */
export interface AvailabilityView {
  available: boolean
  untilMs: number | null
  cell: PublicView['cell'] | null
}

/** A shard that this instance holds. */
export interface HeldShard {
  shard: number
  fence: bigint
}

/** The shards that this instance may act on right now. */
export interface Shards {
  held(): ReadonlyMap<number, bigint>
}

/** What is kept of people, one row each. */
export interface Presences {
  /**
   * Lets `work` change people of these shards, with what else is to be known of them, in one transaction together
   * with what is published of them. @throws AppError unavailable `lease-lost` when one of the shards has passed on
   */
  change(
    by: readonly HeldShard[],
    userIds: readonly string[],
    work: (subjects: readonly Subject[]) => readonly Change[],
  ): Promise<void>
  find(userId: string): Promise<Presence | undefined>
  /** Those of the people who are visible. */
  published(userIds: readonly string[]): Promise<readonly Published[]>
  /** Everyone who is visible, in pages of one consistent snapshot. */
  eachPublished(page: (presences: readonly Published[]) => Promise<void>): Promise<void>
  placesOf(userIds: readonly string[]): Promise<ReadonlyMap<string, Places>>
  /** Who of these shards has something due, by reason. */
  due(shards: readonly number[], nowMs: number): Promise<Due>
}

export interface Subject {
  presence: Presence
  account: Account | undefined
  /** Requests that other instances left, oldest first. */
  intents: readonly { id: bigint; request: Request }[]
}

export interface Change {
  userId: string
  /** Null: to be forgotten altogether, after telling readers so. */
  presence: Presence | null
  changed: boolean
  published: boolean
  outcomes: readonly { intentId: bigint; outcome: Outcome }[]
}

export interface Published extends PublicView {
  userId: string
  version: number
}

export interface Due {
  ticking: readonly string[]
  awaiting: readonly string[]
  withIntents: readonly string[]
}

/** Requests to the holders of shards: they outlive whoever asked. */
export interface Intents {
  add(userId: string, request: Request): Promise<bigint>
  /** Undefined: nobody acted on it in time; it will be acted on. */
  outcome(id: bigint, withinMs: number): Promise<Outcome | undefined>
  /** Resolves when somebody may have left one, or when the signal aborts. */
  left(signal: AbortSignal): Promise<void>
  /** Forgets those that were acted on long ago. */
  forgetOld(shards: readonly number[]): Promise<void>
}

/** What was heard of accounts. */
export interface Accounts {
  find(userIds: readonly string[]): Promise<readonly KnownAccount[]>
  /** Keeps what `merge` makes of each, and leaves the requests that follow from that, in one transaction. */
  learn(
    userIds: readonly string[],
    merge: (
      userId: string,
      known: Account | undefined,
    ) => { account: Account | null; requests: readonly Request[] },
  ): Promise<void>
}

export interface KnownAccount extends Account {
  /** The consent that made them available last, as far as it was asked for; see Presence. */
  consentVersionUsed: number
}

/** Identity, who owns accounts. */
export interface AccountOwner {
  /** Unknown people are left out. @throws AppError unavailable, timeout */
  find(userIds: readonly string[]): Promise<readonly Account[]>
  /** Whether two people may have to do with each other. @throws AppError unavailable, timeout */
  mayMeet(userId: string, otherId: string): Promise<boolean>
}

/** Identity's watch: who was suspended, or blocked by whom, within the last 15 minutes. */
export interface Revoked {
  /** It can be relied on. */
  fresh(): boolean
  isSuspended(userId: string): boolean
  recentlyBlocked(userId: string, otherId: string): boolean | undefined
}

/** A position on its way to the track of a walk. */
export interface TrackPoint {
  walkId: string
  userId: string
  position: ExactPosition
  accuracyMeters: number | undefined
  recordedAtMs: number
  /** At a remembered place of its sender: never to be shown to the partner. */
  nearPlace: boolean
}

/** One connection to the keeper of tracks. */
export interface TrackStream {
  send(points: readonly (TrackPoint & { sequence: number })[]): Promise<void>
  /** Sequences up to which everything is durable; ends or throws with the connection. */
  durable: AsyncIterable<number>
}

/** Walk, who keeps tracks. */
export interface TrackKeeper {
  open(signal: AbortSignal): TrackStream
}
