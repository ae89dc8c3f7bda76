import { conflict } from '@walking-buddy/errors'
import { type Company, noCompany } from './company.ts'

export type WalkStatus =
  | 'requested'
  | 'accepted'
  | 'declined'
  | 'expired'
  | 'in_progress'
  | 'completed'
  | 'cancelled'

/** Still going to happen, or happening. */
export const openStatuses = ['requested', 'accepted', 'in_progress'] as const satisfies readonly WalkStatus[]
export const overStatuses = [
  'completed',
  'cancelled',
  'expired',
  'declined',
] as const satisfies readonly WalkStatus[]

/** What has happened to a walk: the last part of its topic's name. */
export type WalkEvent =
  | 'requested'
  | 'accepted'
  | 'declined'
  | 'cancelled'
  | 'expired'
  | 'started'
  | 'completed'
  | 'updated'

/** A public place, chosen by the one who asks; degrees WGS 84. */
export interface MeetingPoint {
  readonly lat: number
  readonly lng: number
  readonly name: string | null
}

/** Since when each of the two lets the other see where they are; null: not at present. */
export interface Sharing {
  readonly initiatorSince: Date | null
  readonly partnerSince: Date | null
  /** Counts changes of the switches, which are no changes of the walk itself. */
  readonly revision: number
}

/** Two people and a walk between them, from the first request to its end. */
export interface Walk {
  readonly id: string
  /** Rises with each event. */
  readonly version: number
  readonly origin: 'request' | 'match'
  readonly matchId: string | null
  readonly initiatorId: string
  readonly partnerId: string
  /** It is on when both are in: a request starts with its initiator, a match with nobody. */
  readonly acceptedBy: readonly string[]
  readonly status: WalkStatus
  readonly message: string | null
  readonly meetingPoint: MeetingPoint | null
  readonly meetAt: Date | null
  readonly requestedAt: Date
  readonly respondedAt: Date | null
  /** When it expires if nobody answers, or, once accepted, if nobody starts it. */
  readonly expiresAt: Date | null
  readonly shareFrom: Date | null
  readonly shareUntil: Date | null
  readonly startTime: Date | null
  readonly endTime: Date | null
  /** Who declined, cancelled or ended it; null: the clock, or a block or a suspension. */
  readonly closedBy: string | null
  readonly distanceMeters: number | null
  readonly sharing: Sharing
  readonly company: Company
}

/** The walk after something was done to it; without an event, nothing was. */
export interface Transition {
  readonly walk: Walk
  readonly event: WalkEvent | undefined
}

export const unchanged = (walk: Walk): Transition => ({ walk, event: undefined })

export const nobodyShares: Pick<Walk, 'sharing' | 'company'> = {
  sharing: { initiatorSince: null, partnerSince: null, revision: 0 },
  company: noCompany,
}

export const isOf = (walk: Walk, userId: string): boolean =>
  walk.initiatorId === userId || walk.partnerId === userId

export const otherOf = (walk: Walk, userId: string): string =>
  walk.initiatorId === userId ? walk.partnerId : walk.initiatorId

export const isOpen = (walk: Walk): boolean => (openStatuses as readonly WalkStatus[]).includes(walk.status)

/** Both are in and it is not over: positions are recorded, and shown within the window. */
export const isUnderWay = (walk: Walk): boolean => walk.status === 'accepted' || walk.status === 'in_progress'

/** Told of a completed walk only: who called one off is nobody's business, so that a block looks like any other end. */
export const endedBy = (walk: Walk): string | null => (walk.status === 'completed' ? walk.closedBy : null)

export const durationSeconds = (walk: Walk): number | null =>
  walk.startTime && walk.endTime
    ? Math.round((walk.endTime.getTime() - walk.startTime.getTime()) / 1000)
    : null

export const illegalTransition = (walk: Walk, verb: string) =>
  conflict(
    'illegal-transition',
    `A walk that is ${walk.status.replace('_', ' ')} cannot be ${verb} by you now.`,
  )
