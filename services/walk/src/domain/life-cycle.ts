import { after, clamped, earlier, hourMs, later, minuteMs } from './instant.ts'
import {
  illegalTransition,
  isOpen,
  isUnderWay,
  otherOf,
  type Sharing,
  type Transition,
  unchanged,
  type Walk,
} from './walk.ts'

const shareBeforeMeetingMs = 30 * minuteMs
const startWithinMs = 60 * minuteMs
const longestWalkMs = 4 * hourMs
const partedMs = 10 * minuteMs
/** Clocks of two machines may differ by this: who accepts on one may start on the other at once. */
const clockSkewMs = 5_000
/** As long as tracks are taken after the end, a phone that was offline may say when it really was. */
const lateNewsMs = 48 * hourMs

/*
 * Each function takes a walk of which `userId` is one of the two. The same transition by the same person again
 * changes nothing; one that the walk's state does not allow throws conflict `illegal-transition`.
 */

/** The partner of a request, or either person of a match, is in; when both are, the walk is on. */
export function accept(walk: Walk, userId: string, now: Date): Transition {
  if (!mayAnswer(walk, userId)) throw illegalTransition(walk, 'accepted')
  if (walk.acceptedBy.includes(userId)) return unchanged(walk)
  if (walk.status !== 'requested') throw illegalTransition(walk, 'accepted')
  const acceptedBy = [...walk.acceptedBy, userId]
  if (!acceptedBy.includes(otherOf(walk, userId))) return { walk: { ...walk, acceptedBy }, event: 'updated' }

  const startBy = after(walk.meetAt ? later(walk.meetAt, now) : now, startWithinMs)
  const shareFrom = walk.meetAt ? later(now, after(walk.meetAt, -shareBeforeMeetingMs)) : now
  return {
    walk: {
      ...walk,
      acceptedBy,
      status: 'accepted',
      respondedAt: now,
      expiresAt: startBy,
      shareFrom,
      shareUntil: startBy,
      sharing: { ...walk.sharing, initiatorSince: shareFrom, partnerSince: shareFrom },
    },
    event: 'accepted',
  }
}

/** Who was asked says no. */
export function decline(walk: Walk, userId: string, now: Date): Transition {
  if (walk.status === 'declined' && walk.closedBy === userId) return unchanged(walk)
  if (walk.status !== 'requested' || !mayAnswer(walk, userId)) throw illegalTransition(walk, 'declined')
  return {
    walk: { ...walk, status: 'declined', respondedAt: now, expiresAt: null, closedBy: userId },
    event: 'declined',
  }
}

/** The initiator takes a request back, or either person calls off a walk that is on. */
export function cancel(walk: Walk, userId: string, now: Date): Transition {
  if (walk.status === 'cancelled' && walk.closedBy === userId) return unchanged(walk)
  const takenBack = walk.status === 'requested' && walk.origin === 'request' && walk.initiatorId === userId
  if (!takenBack && !isUnderWay(walk)) throw illegalTransition(walk, 'cancelled')
  return { walk: cancelled(walk, userId, now), event: 'cancelled' }
}

/** A block or a suspension came between the two: to see, a cancellation like any other. */
export const callOff = (walk: Walk, now: Date): Transition =>
  isOpen(walk) ? { walk: cancelled(walk, null, now), event: 'cancelled' } : unchanged(walk)

/**
 * Either person starts an accepted walk once its sharing window has come. `occurredAt` is the phone's own time of a
 * tap that reached us late; it counts within what is possible.
 */
export function start(walk: Walk, now: Date, occurredAt: Date | undefined): Transition {
  if (walk.startTime) return unchanged(walk)
  if (walk.status !== 'accepted' || !walk.shareFrom || after(now, clockSkewMs) < walk.shareFrom)
    throw illegalTransition(walk, 'started')
  const startTime = clamped(occurredAt ?? now, walk.shareFrom, later(now, walk.shareFrom))
  // Who has parted is not shown again because the other one taps "start".
  const stillShared = walk.shareUntil !== null && walk.shareUntil > now
  return {
    walk: {
      ...walk,
      status: 'in_progress',
      startTime,
      expiresAt: null,
      shareUntil: stillShared ? lastMoment(startTime) : walk.shareUntil,
    },
    event: 'started',
  }
}

/**
 * Either person ends a walk that has started. After the clock has done so, a phone that was offline may still say
 * that it was earlier.
 */
export function end(walk: Walk, userId: string, now: Date, occurredAt: Date | undefined): Transition {
  const { startTime, endTime } = walk
  if (walk.status === 'in_progress' && startTime) {
    const endedAt = clamped(occurredAt ?? now, startTime, later(now, startTime))
    return {
      walk: { ...windowClosed(walk, now), status: 'completed', endTime: endedAt, closedBy: userId },
      event: 'completed',
    }
  }
  if (walk.status !== 'completed' || !startTime || !endTime) throw illegalTransition(walk, 'ended')
  const wasEarlier = walk.closedBy === null && occurredAt !== undefined && occurredAt < endTime
  if (!wasEarlier || now > after(endTime, lateNewsMs)) return unchanged(walk)
  return {
    walk: { ...walk, endTime: later(occurredAt, startTime), closedBy: userId },
    event: 'updated',
  }
}

/** Switches one's own position sharing; it is no event of the walk, and ends nothing else. */
export function switchSharing(walk: Walk, userId: string, on: boolean, now: Date): Walk {
  if (!isUnderWay(walk) || !walk.shareFrom) throw illegalTransition(walk, 'shared')
  const side: keyof Sharing = walk.initiatorId === userId ? 'initiatorSince' : 'partnerSince'
  if ((walk.sharing[side] !== null) === on) return walk
  return {
    ...walk,
    sharing: {
      ...walk.sharing,
      [side]: on ? later(now, walk.shareFrom) : null,
      revision: walk.sharing.revision + 1,
    },
  }
}

/** What a recomputation of the tracks found. */
export const measured = (walk: Walk, distanceMeters: number | null): Transition =>
  walk.distanceMeters === distanceMeters
    ? unchanged(walk)
    : { walk: { ...walk, distanceMeters }, event: 'updated' }

/** When the clock will do something to the walk that nobody else has done; null: never. */
export function dueAt(walk: Walk): Date | null {
  const ends =
    walk.status === 'requested' || walk.status === 'accepted'
      ? walk.expiresAt
      : walk.status === 'in_progress' && walk.startTime
        ? lastMoment(walk.startTime)
        : null
  const parts = partsAt(walk)
  return ends && parts ? earlier(ends, parts) : ends
}

/**
 * What the clock does next, if it is due: an unanswered request or an accepted walk that nobody started expires, a
 * walk of 4 h is completed, sharing ends for a pair that has parted. Call it until it gives undefined.
 */
export function passTime(walk: Walk, now: Date): Transition | undefined {
  const due = dueAt(walk)
  if (!due || due > now) return undefined
  if (due.getTime() === partsAt(walk)?.getTime())
    return { walk: { ...walk, shareUntil: due }, event: 'updated' }
  if (walk.status === 'in_progress')
    return {
      walk: { ...windowClosed(walk, due), status: 'completed', endTime: due, closedBy: null },
      event: 'completed',
    }
  return { walk: { ...windowClosed(walk, due), status: 'expired' }, event: 'expired' }
}

/** How long tracks are taken after the end. */
export const takesTrackUntil = (endTime: Date): Date => after(endTime, lateNewsMs)

const mayAnswer = (walk: Walk, userId: string): boolean =>
  walk.origin === 'match' || walk.partnerId === userId

const lastMoment = (startTime: Date): Date => after(startTime, longestWalkMs)

/** When sharing ends for a pair that has parted; null: it has not, or has ended. */
function partsAt(walk: Walk): Date | null {
  const { company, shareFrom, shareUntil } = walk
  if (!isUnderWay(walk) || !company.apartSince || !shareFrom || !shareUntil) return null
  const at = later(after(company.apartSince, partedMs), shareFrom)
  return at < shareUntil ? at : null
}

function cancelled(walk: Walk, closedBy: string | null, now: Date): Walk {
  const endTime = walk.startTime ? later(now, walk.startTime) : null
  return { ...windowClosed(walk, now), status: 'cancelled', closedBy, endTime, expiresAt: null }
}

/** A window that has not opened yet never will. */
function windowClosed(walk: Walk, now: Date): Walk {
  if (!walk.shareFrom || !walk.shareUntil) return walk
  if (walk.shareFrom >= now) return { ...walk, shareFrom: null, shareUntil: null }
  return { ...walk, shareUntil: earlier(walk.shareUntil, now) }
}
