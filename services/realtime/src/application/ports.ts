import type { Caller } from '@walking-buddy/access'
import type { availability, positionReport } from '@walking-buddy/contracts/rest/location'
import type { nearbyWalker } from '@walking-buddy/contracts/rest/matching'
import type { walk, walkRequest } from '@walking-buddy/contracts/rest/walk'
import type {
  DurableEvent,
  DurableEventName,
  LatestEventName,
  SessionEventName,
  sessionEvents,
} from '@walking-buddy/contracts/socket'
import type { ExactPosition } from '@walking-buddy/exact-position'
import type { z } from 'zod'
import type { NearbyList } from '../domain/nearby-delta.ts'
import type { StreamState } from '../domain/resume.ts'

export type Walk = z.input<typeof walk>
export type WalkRequest = z.output<typeof walkRequest>
export type Availability = z.input<typeof availability>
export type NearbyWalker = z.input<typeof nearbyWalker>
export type Nearby = NearbyList<NearbyWalker>

/** A position as a phone reports it, the place itself wrapped. */
export type PositionReport = Omit<z.output<typeof positionReport>, 'lat' | 'lng'> & {
  position: ExactPosition
}

export interface PartnerPosition {
  recipientId: string
  walkId: string
  userId: string
  position: ExactPosition
  recordedAt: Date
}

/** One socket. */
export interface Connection {
  readonly id: string
  /** Whose it is, by the last token that it showed. */
  caller: Caller
  /** The network took everything that was sent; false while a reader is slow. */
  readonly writable: boolean
  tell<N extends SessionEventName>(name: N, data: z.input<(typeof sessionEvents)[N]>): void
  /** Sends an event of the user's stream; `confirmed` is called when the client says that it has handled it. */
  deliver(name: DurableEventName, event: DurableEvent, confirmed: () => void): void
  /**
   * Sends what is newest under `key` once the network takes it, unless it is older than `maxAgeMs` by then. `data`
   * is asked at that moment; undefined: there is nothing to send.
   */
  offer(name: LatestEventName, key: string, data: () => unknown, maxAgeMs: number): void
  /** Ends it for good: the client has to open another one itself. */
  end(): void
  /** Cuts it: the client comes back by itself and goes on from where it was. */
  cut(): void
}

/** What an event of a stream tells of; the thing itself is asked of its owner at delivery. */
export interface StreamEvent {
  seq: number
  id: string
  name: DurableEventName
  walkId: string
  /** Of the walk at that change. */
  version: number
  at: Date
}

/** A change of a walk, as it concerns both of its people. */
export interface WalkChange {
  eventId: string
  name: DurableEventName
  walkId: string
  version: number
  userIds: readonly string[]
  at: Date
}

export interface Reader {
  userId: string
  /** Has everything up to here. */
  seq: number
}

/** The durable streams of all users. Failures are AppErrors. */
export interface Streams {
  /** The user's stream, created at first sight. */
  open(userId: string): Promise<StreamState>
  /** What follows for each reader, in order, at most `limit` each. */
  read(readers: readonly Reader[], limit: number): Promise<StreamEvent[][]>
  /** Which of these users have more than that. */
  behind(readers: readonly Reader[]): Promise<string[]>
  /** Appends to the streams of both people; `duplicate` where it was there before, or something newer. */
  record(change: WalkChange): Promise<'recorded' | 'held' | 'duplicate'>
  /** Tells held changes whose predecessors do not come. */
  releaseHeld(olderThanMs: number): Promise<number>
  /** Remembers up to where users have handled their streams. */
  confirm(readers: readonly Reader[]): Promise<void>
  /** Forgets what has left the window. */
  prune(): Promise<void>
}

/** The walks of others than this service. */
export interface Walks {
  request(userId: string, request: WalkRequest, idempotencyKey: string | undefined): Promise<Walk>
  accept(userId: string, walkId: string): Promise<Walk>
  decline(userId: string, walkId: string): Promise<Walk>
  cancel(userId: string, walkId: string): Promise<Walk>
  /** By id, as the viewer may see them now; others are left out. */
  seenBy(viewerId: string, walkIds: readonly string[]): Promise<ReadonlyMap<string, Walk>>
}

export interface Availabilities {
  set(userId: string, available: boolean, until: Date | undefined): Promise<Availability>
}

export interface Positions {
  /** Resolves when location has taken it. @throws AppError the refusal; unavailable when nobody answers in time */
  report(userId: string, report: PositionReport): Promise<void>
}

/** Sources of what only people with a socket here are to be told. */
export interface Follows {
  follow(userId: string): void
  unfollow(userId: string): void
}
