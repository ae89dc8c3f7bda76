import { ageOf, type Person } from '../domain/person.ts'
import { durationSeconds, endedBy, type MeetingPoint, type Walk, type WalkStatus } from '../domain/walk.ts'
import type { Identity, People } from './ports.ts'

/** A walk as its two people are shown it; ready to be stored and sent as JSON. Instants are RFC 3339, UTC. */
export interface WalkView {
  id: string
  origin: 'request' | 'match'
  acceptedBy: string[]
  initiatorId: string
  partnerId: string
  initiator: Participant
  partner: Participant
  status: WalkStatus
  message: string | null
  meetAt: string | null
  meetingPoint: { lat: number; lng: number; name: string | null } | null
  requestedAt: string
  respondedAt: string | null
  expiresAt: string | null
  shareFrom: string | null
  shareUntil: string | null
  startTime: string | null
  endTime: string | null
  endedBy: string | null
  distanceMeters: number | null
  durationSeconds: number | null
  version: number
}

export interface Participant {
  userId: string
  username: string
  profilePhotoUrl: string | null
  age: number
}

export type Names = ReadonlyMap<string, Person>

/** Never fails for a name: who is gone, or cannot be asked about now, has none. */
export type NamesOf = (userIds: readonly string[]) => Promise<Names>

/** The read model's people; those who are missing are asked for, and kept. */
export const namesOf =
  ({ people, identity }: { people: People; identity: Identity }): NamesOf =>
  async userIds => {
    const found = await people.find(userIds)
    const missing = userIds.filter(id => !found.some(({ userId }) => userId === id))
    const asked = missing.length === 0 ? [] : await identity.people(missing).catch((): Person[] => [])
    if (asked.length > 0) await people.keep(asked)
    return new Map([...found, ...asked].map(person => [person.userId, person]))
  }

export type DescribeWalks = (walks: readonly Walk[], now: Date) => Promise<WalkView[]>

export const describeWalks =
  (names: NamesOf): DescribeWalks =>
  async (walks, now) => {
    const known = await names([
      ...new Set(walks.flatMap(({ initiatorId, partnerId }) => [initiatorId, partnerId])),
    ])
    return walks.map(walk => viewOf(walk, known, now))
  }

export function viewOf(walk: Walk, people: Names, now: Date): WalkView {
  return {
    id: walk.id,
    origin: walk.origin,
    acceptedBy: [...walk.acceptedBy],
    initiatorId: walk.initiatorId,
    partnerId: walk.partnerId,
    initiator: participantOf(walk.initiatorId, people, now),
    partner: participantOf(walk.partnerId, people, now),
    status: walk.status,
    message: walk.message,
    meetAt: text(walk.meetAt),
    meetingPoint: pointOf(walk.meetingPoint),
    requestedAt: walk.requestedAt.toISOString(),
    respondedAt: text(walk.respondedAt),
    expiresAt: text(walk.expiresAt),
    shareFrom: text(walk.shareFrom),
    shareUntil: text(walk.shareUntil),
    startTime: text(walk.startTime),
    endTime: text(walk.endTime),
    endedBy: endedBy(walk),
    distanceMeters: walk.distanceMeters,
    durationSeconds: durationSeconds(walk),
    version: walk.version,
  }
}

function participantOf(userId: string, people: Names, now: Date): Participant {
  const person = people.get(userId)
  return {
    userId,
    username: person?.username ?? '',
    profilePhotoUrl: person?.profilePhotoUrl ?? null,
    age: person ? ageOf(person, now) : 0,
  }
}

const pointOf = (point: MeetingPoint | null) => point && { lat: point.lat, lng: point.lng, name: point.name }
const text = (instant: Date | null): string | null => instant?.toISOString() ?? null
