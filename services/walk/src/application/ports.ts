import type { AskingHistory } from '../domain/asking.ts'
import type { Whereabouts } from '../domain/company.ts'
import type { Person } from '../domain/person.ts'
import type { Track, TrackPoint } from '../domain/track.ts'
import type { Transition, Walk, WalkStatus } from '../domain/walk.ts'
import type { WalkView } from './view.ts'

/** Walks as they are committed. */
export interface Walks {
  find(walkId: string): Promise<Walk | undefined>
  findAll(walkIds: readonly string[]): Promise<Walk[]>
  /** Of one person, newest first, from before the walk `beforeId`. */
  page(
    userId: string,
    filter: WalkFilter,
    page: { beforeId: string | undefined; limit: number },
  ): Promise<Walk[]>
  /** Whether the two have completed a walk since then. */
  haveWalked(userId: string, otherId: string, since: Date): Promise<boolean>
  /** Whether the two have an open request, a walk that is on, or one that took place since then. */
  areAcquainted(userId: string, otherId: string, since: Date, now: Date): Promise<boolean>
  /** Requested, accepted or in progress; of the two, or of one person with anybody. */
  openBetween(userId: string, otherIds: readonly string[] | undefined): Promise<Walk[]>
  /** What the clock has to do by now, the most overdue first. */
  due(now: Date, limit: number): Promise<string[]>
  nextDueAt(): Promise<Date | undefined>
}

export interface WalkFilter {
  statuses: readonly WalkStatus[] | undefined
  role: 'initiator' | 'partner' | undefined
}

/** All of a transaction commits, or nothing of it. */
export interface Transactions {
  run<T>(work: (tx: WalkTx) => Promise<T>): Promise<T>
  /** As `run`, and a repeat of the command gets the first answer, a refusal included. */
  once(command: Command, work: (tx: WalkTx) => Promise<WalkView>): Promise<WalkView>
  /** What an earlier run of the command was answered. @throws the refusal that it was answered */
  recall(command: Command): Promise<WalkView | undefined>
}

/** A request that may come twice, by REST or by socket: one space. */
export interface Command {
  userId: string
  operation: string
  key: string | undefined
  body: unknown
}

export interface WalkTx {
  /** Until the end of the transaction nobody else commits these people to anything. */
  lockPeople(userIds: readonly string[]): Promise<void>
  /** The walk, held until the end of the transaction. */
  lock(walkId: string): Promise<Walk | undefined>
  /** As `lock`; undefined where somebody else holds it. */
  lockIfFree(walkId: string): Promise<Walk | undefined>
  /** Requests between the two whose time is over but which nobody has expired yet, held. */
  lockOverdueBetween(userId: string, otherId: string, now: Date): Promise<Walk[]>
  askingHistory(userId: string, partnerId: string, now: Date): Promise<AskingHistory>
  /** Walks of a person that are accepted or in progress, without `exceptId`. */
  underWayOf(userId: string, exceptId?: string): Promise<Walk[]>
  /** Matches of any of these people that nobody has declined and that are not on yet. */
  openMatchesOf(userIds: readonly string[], now: Date): Promise<Walk[]>
  matched(matchId: string): Promise<Walk | undefined>
  /** Writes the walk with its next version and the event. @throws conflict `request-open` for a second open request of a pair */
  commit(transition: Transition): Promise<Walk>
  /** Writes what is no event: switches and company. */
  keep(walk: Walk): Promise<void>
  /** Has the walk's distance and routes worked out anew, soon. */
  measureSoon(walkId: string, at: Date): Promise<void>
}

/** Points of tracks: exact, durable, of walks in progress or over. */
export interface Tracks {
  /** Durable when it resolves; points that are there already change nothing. */
  add(points: readonly (TrackPoint & { walkId: string; userId: string })[]): Promise<void>
  of(walkId: string, userId: string): Promise<Track>
  /** Removes what lies outside of the walk's time. */
  trim(walkId: string, startTime: Date, endTime: Date): Promise<void>
  /** Takes a few walks whose measuring is due; nobody else takes them for a minute. */
  takeDue(now: Date, limit: number): Promise<MeasureTask[]>
  nextDueAt(): Promise<Date | undefined>
  /** Done, unless points have come since the task was taken. */
  done(task: MeasureTask): Promise<void>
  postpone(task: MeasureTask, to: Date): Promise<void>
  /** Whether all points that have come are in the routes. */
  isSettled(walkId: string): Promise<boolean>
  /** Walks that ended before then and still have points. */
  forgettable(endedBefore: Date, limit: number): Promise<string[]>
  forget(walkIds: readonly string[]): Promise<void>
}

export interface MeasureTask {
  walkId: string
  /** Of the walk's points; a route made of an older one never replaces one of a newer. */
  revision: number
}

/** Finished routes, each of one person; a copy that can be made again from the tracks. */
export interface Routes {
  /** @throws AppError unavailable */
  save(route: Route): Promise<void>
  /** Undefined where there is none, or the store does not answer. */
  find(walkId: string, userId: string): Promise<Pick<Route, 'coordinates' | 'pointsOfInterest'> | undefined>
  /** @throws AppError unavailable */
  forget(walkIds: readonly string[]): Promise<void>
}

export interface Route {
  walkId: string
  userId: string
  revision: number
  coordinates: readonly Coordinate[]
  pointsOfInterest: readonly PointOfInterest[]
}

export interface Coordinate {
  lat: number
  lng: number
  timestamp: Date
}

export interface PointOfInterest {
  name: string
  type: string
  location: { lat: number; lng: number }
}

/** What recording a position has to know of a walk. */
export type ActiveWalk = Pick<Walk, 'id' | 'initiatorId' | 'partnerId' | 'company'> & { startTime: Date }

/** Walks in progress, at hand without asking the database. It may forget anything at any time, and never fails. */
export interface ActiveWalks {
  find(walkIds: readonly string[]): Promise<ActiveWalk[]>
  put(walk: ActiveWalk): Promise<void>
  remove(walkId: string): Promise<void>
}

/** Where people of open walks were last, for 300 s. It may forget anything at any time, and never fails. */
export interface LastPositions {
  put(positions: readonly { walkId: string; userId: string; whereabouts: Whereabouts }[]): Promise<void>
  of(walkId: string, userIds: readonly string[]): Promise<Map<string, Whereabouts>>
}

/** Names, ages and photos. */
export interface People {
  find(userIds: readonly string[]): Promise<Person[]>
  /** The higher version wins. */
  keep(people: readonly Person[]): Promise<void>
  forget(userId: string): Promise<void>
}

/** What identity says, now. All of it throws AppError unavailable or timeout while it does not answer. */
export interface Identity {
  /** Both active, neither blocks the other. */
  mayMeet(userId: string, otherId: string): Promise<boolean>
  people(userIds: readonly string[]): Promise<Person[]>
}

/** What matching says, now. @throws AppError unavailable or timeout while it does not answer */
export interface Nearby {
  isListed(viewerId: string, subjectId: string): Promise<boolean>
}

/** Blocks, at most a second old. */
export interface Blocks {
  /** @throws AppError unavailable when nobody can say */
  isBlocked(userId: string, otherId: string): Promise<boolean>
  /** What the last minutes say; for a second look after a commit. */
  wasJustBlocked(userId: string, otherId: string): boolean
  /** Whom a user blocks, at that version; the higher one wins. */
  keep(userId: string, version: number, blockedIds: readonly string[]): Promise<void>
  forget(userId: string): Promise<void>
}
