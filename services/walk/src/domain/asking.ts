import { conflict, exhausted, invalid } from '@walking-buddy/errors'
import { after, dayMs, hourMs, later, minuteMs } from './instant.ts'
import { type MeetingPoint, nobodyShares, type Transition } from './walk.ts'

const openAtOnce = 5
const aDay = 30
const restMs = 7 * dayMs
const acquaintanceMs = 30 * dayMs
const noticeMs = hourMs
const farthestAheadMs = 7 * dayMs
/** A phone that says "now" is late by the time that its request is under way. */
const latenessMs = 30_000
const answerMs = 15 * minuteMs
const answerBeforeMeetingMs = 30 * minuteMs
const matchAnswerMs = 60_000
const messageLength = 280

export interface Proposal {
  initiatorId: string
  partnerId: string
  message: string | null
  meetAt: Date | null
  meetingPoint: MeetingPoint | null
}

/** What others say of the person who is asked. */
export interface Availability {
  /** On the asker's present nearby list. */
  listed: boolean
  /** Both active, neither blocks the other. */
  allowed: boolean
  /** The two have walked together within the last 30 days. */
  acquainted: boolean
}

/** What the asker has done before; they know all of it, so that refusing for it tells them nothing new. */
export interface AskingHistory {
  openWithPartner: boolean
  lastDeclinedAt: Date | null
  openRequests: number
  requestsOfLastDay: number
  oldestOfLastDay: Date | null
}

/** Since when a completed walk makes two people acquainted. */
export const acquaintedSince = (now: Date): Date => after(now, -acquaintanceMs)
export const lastDaySince = (now: Date): Date => after(now, -dayMs)

/** @throws AppError invalid for what no answer of anybody could make right */
export function checkProposal(
  { initiatorId, partnerId, message, meetAt, meetingPoint }: Proposal,
  now: Date,
): void {
  if (initiatorId === partnerId)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'body.partnerId', message: 'is your own id' }],
    })
  if (message !== null && [...message].length > messageLength)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'body.message', message: `must be text of at most ${messageLength} characters` }],
    })
  if (meetingPoint && !(Math.abs(meetingPoint.lat) <= 90 && Math.abs(meetingPoint.lng) <= 180))
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'body.meetingPoint', message: 'is not on Earth' }],
    })
  if (meetAt && (meetAt < after(now, -latenessMs) || meetAt > after(now, farthestAheadMs)))
    throw invalid('meet-at-out-of-range', 'meetAt must lie ahead, at most 7 days.', {
      faults: [{ path: 'body.meetAt', message: 'is out of range' }],
    })
}

export const canBeAsked = (
  { listed, allowed, acquainted }: Availability,
  meetAt: Date | null,
  now: Date,
): boolean => allowed && (listed || (acquainted && meetAt !== null && meetAt >= after(now, noticeMs)))

/** @throws AppError conflict or exhausted where the asker has to wait */
export function checkLimits(history: AskingHistory, now: Date): void {
  if (history.openWithPartner)
    throw conflict('request-open', 'There is an open request between you two already.')
  if (history.lastDeclinedAt && now < after(history.lastDeclinedAt, restMs))
    throw conflict('resting', 'After a decline nobody of the two can ask again for 7 days.')
  if (history.openRequests >= openAtOnce)
    throw conflict('too-many-open-requests', `At most ${openAtOnce} requests can be open at a time.`)
  if (history.requestsOfLastDay >= aDay && history.oldestOfLastDay)
    throw exhausted('too-many-requests-today', `At most ${aDay} requests a day.`, {
      retryAfterSeconds: Math.max(
        1,
        Math.ceil((after(history.oldestOfLastDay, dayMs).getTime() - now.getTime()) / 1000),
      ),
    })
}

export const declinesSince = (now: Date): Date => after(now, -restMs)

/** A request as it begins: its initiator is in, the partner has until 15 min from now or 30 min before meeting. */
export const request = (id: string, proposal: Proposal, now: Date): Transition => ({
  walk: {
    ...begun(id, proposal, now),
    origin: 'request',
    matchId: null,
    acceptedBy: [proposal.initiatorId],
    expiresAt: later(
      after(now, answerMs),
      proposal.meetAt ? after(proposal.meetAt, -answerBeforeMeetingMs) : now,
    ),
  },
  event: 'requested',
})

/** A match as it begins: nobody is in, and both have at most a minute. */
export const propose = (
  id: string,
  match: { matchId: string; initiatorId: string; partnerId: string; expiresAt: Date | null },
  now: Date,
): Transition => {
  const last = after(now, matchAnswerMs)
  return {
    walk: {
      ...begun(id, { ...match, message: null, meetAt: null, meetingPoint: null }, now),
      origin: 'match',
      matchId: match.matchId,
      acceptedBy: [],
      expiresAt: match.expiresAt && match.expiresAt < last ? match.expiresAt : last,
    },
    event: 'requested',
  }
}

const begun = (
  id: string,
  { initiatorId, partnerId, message, meetAt, meetingPoint }: Proposal,
  now: Date,
) => ({
  id,
  version: 0,
  initiatorId,
  partnerId,
  message,
  meetAt,
  meetingPoint,
  status: 'requested' as const,
  requestedAt: now,
  respondedAt: null,
  shareFrom: null,
  shareUntil: null,
  startTime: null,
  endTime: null,
  closedBy: null,
  distanceMeters: null,
  ...nobodyShares,
})
