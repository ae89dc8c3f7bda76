import { cellAt, cellCenter, type Density, distanceMeters } from '@walking-buddy/cells'
import { hasEnded, movedOn, switchedOn, type UntilWish } from './availability.ts'
import { placeNear, withPublication, withStay } from './places.ts'
import { type Presence, versioned } from './presence.ts'
import { isStaying, type Sighting, type Whereabouts } from './sighting.ts'

/** By `isLocationEnabled`; `version` counts the changes of mind. */
export interface Consent {
  version: number
  given: boolean
}

/** Why a decision is due. */
export type Cause =
  | { kind: 'switch-on'; until: UntilWish }
  | { kind: 'switch-off' }
  /** One came that may matter at once: the first after consent, or one that a switch-on has waited for. */
  | { kind: 'position' }
  /** Someone has been in one place for 10 minutes. */
  | { kind: 'stay' }
  /** Withdrawn by the change of mind of that number. */
  | { kind: 'consent-ended'; version: number }
  | { kind: 'suspended' }
  /** The person's own random moment. */
  | { kind: 'tick' }

/** The latest accepted walk whose sharing window has come. */
export interface WalkInSight {
  cameAtMs: number
  /** It has not ended yet. */
  open: boolean
}

export interface Circumstances {
  nowMs: number
  whereabouts: Whereabouts
  /** Null: not known here; whoever asked has made sure. */
  consent: Consent | null
  suspended: boolean
  walk: WalkInSight | null
  density: Density
  /** In [0, 1). */
  random: () => number
}

export interface Decision {
  presence: Presence
  /** What others see has changed, and the version has risen. */
  published: boolean
  refused: 'location-disabled' | null
}

const publicationIntervalMs = 30 * 60_000
const lastSeenStepMs = 30 * 60_000
const shortestTickMs = 30_000
const longestTickMs = 300_000
const rememberMs = 24 * 60 * 60_000
/** Faster than any airliner over ground, beyond the width of the coarse cell. */
const reachMetersPerSecond = 400
const reachSlackMeters = 5_000

/**
 * The one place where it is decided what others see of a person (privacy.md 3–5). Pure: the same row, cause and
 * circumstances give the same result, and the exact position enters only through its cell and its stay.
 */
export function decide(before: Presence, cause: Cause, now: Circumstances): Decision {
  const isDisabled = now.suspended || now.consent?.given === false
  const refused =
    isDisabled && (cause.kind === 'switch-on' || cause.kind === 'position') ? 'location-disabled' : null
  const due = overdueEnd(before, now) ?? (refused ? null : cause)
  if (!due) return { presence: before, published: false, refused }
  const presence = versioned(before, withTick(before, effectOf(before, due, now), due, now))
  return { presence, published: presence.version > before.version, refused }
}

/** Kafka, the watch and a row may learn of a withdrawal in any order: whichever decision comes first hides. */
function overdueEnd({ shown, availability }: Presence, { suspended, consent }: Circumstances): Cause | null {
  if (!shown && availability === null) return null
  if (suspended) return { kind: 'suspended' }
  return consent?.given === false ? { kind: 'consent-ended', version: consent.version } : null
}

function effectOf(presence: Presence, cause: Cause, now: Circumstances): Presence {
  switch (cause.kind) {
    case 'switch-on':
      return switchOn(presence, cause.until, now)
    case 'position':
      return position(presence, now)
    case 'stay':
      return noted(presence, now)
    case 'switch-off':
    case 'suspended':
      return hidden({ ...presence, consentVersionUsed: used(presence, now) })
    case 'consent-ended':
      if (cause.version < presence.consentVersionUsed || isUnknown(presence)) return presence
      return hidden({ ...presence, consentEndedAtMs: presence.consentEndedAtMs ?? now.nowMs })
    case 'tick':
      return tick(presence, now)
  }
}

/** Whether someone can be found now; what others see may lag behind by a tick. */
export const isAvailable = (
  { availability }: Presence,
  now: Pick<Circumstances, 'nowMs' | 'whereabouts' | 'walk'>,
): boolean => availability !== null && !hasEnded(availability, now)

/** In the middle of a walk it comes to nothing: a phone that reconnects must not publish who is under way. */
function switchOn(presence: Presence, until: UntilWish, now: Circumstances): Presence {
  if (now.walk?.open) return { ...presence, consentVersionUsed: used(presence, now) }
  const before = isAvailable(presence, now) ? presence.availability : null
  const on: Presence = {
    ...presence,
    availability: switchedOn(before, until, now.nowMs),
    consentVersionUsed: used(presence, now),
    consentEndedAtMs: null,
  }
  return before && !presence.awaiting ? on : publishAtOnce(on, now)
}

/** Each consent makes its giver available once; and nobody becomes available in the middle of a walk. */
function position(presence: Presence, now: Circumstances): Presence {
  const isFirst = used(presence, now) > presence.consentVersionUsed
  const seen = isFirst
    ? { ...presence, consentVersionUsed: used(presence, now), consentEndedAtMs: null }
    : presence
  if (isAvailable(seen, now)) return seen.awaiting ? publishAtOnce(seen, now) : seen
  if (!isFirst || now.walk?.open) return seen
  return publishAtOnce({ ...seen, availability: switchedOn(null, { kind: 'default' }, now.nowMs) }, now)
}

const used = (presence: Presence, { consent }: Circumstances): number =>
  Math.max(presence.consentVersionUsed, consent?.version ?? presence.consentVersionUsed)

/**
 * What an explicit switch-on publishes: the present cell, unless one was published in the last 30 minutes: then
 * the old one stands. Without a position the first one is awaited. Someone who cannot have come so far in the time
 * is published only where they stay.
 */
function publishAtOnce(presence: Presence, now: Circumstances): Presence {
  if (!mayPublish(presence, now)) return { ...presence, shown: true, awaiting: false }
  if (now.whereabouts.kind !== 'seen') return { ...presence, awaiting: true }
  const { sighting } = now.whereabouts
  if (!isWithinReach(presence, sighting, now)) return { ...presence, awaiting: false }
  return publish(presence, sighting, now)
}

function publish(presence: Presence, sighting: Sighting, now: Circumstances): Presence {
  const { cell, places } = withPublication(presence.places, placeOf(sighting), now.nowMs, now.density)
  return {
    ...presence,
    cell,
    places,
    publishedAtMs: now.nowMs,
    shown: true,
    awaiting: false,
    lastSeenMs: stepOf(sighting),
    lastArea: areaOf(sighting),
  }
}

const mayPublish = ({ publishedAtMs }: Presence, { nowMs }: Circumstances): boolean =>
  publishedAtMs === null || nowMs - publishedAtMs >= publicationIntervalMs

/** Where someone stays it is the stay that counts, not where the last fix happened to fall. */
const placeOf = (sighting: Sighting) => (isStaying(sighting) ? sighting.stay.anchor : sighting.position)

const stepOf = (sighting: Sighting): number =>
  Math.floor(sighting.recordedAtMs / lastSeenStepMs) * lastSeenStepMs

function areaOf(sighting: Sighting): NonNullable<Presence['lastArea']> {
  const { lat, lng } = sighting.position.reveal()
  return { cell: cellAt(lat, lng, 3200), atMs: sighting.receivedAtMs }
}

/** From coarse cell to coarse cell, so that the answer depends on nothing finer. */
function isWithinReach({ lastArea }: Presence, sighting: Sighting, { nowMs }: Circumstances): boolean {
  if (lastArea === null || nowMs - lastArea.atMs > rememberMs) return true
  const area = areaOf(sighting)
  const seconds = Math.max(0, (area.atMs - lastArea.atMs) / 1_000)
  const meters = distanceMeters(cellCenter(lastArea.cell), cellCenter(area.cell))
  return meters <= reachSlackMeters + reachMetersPerSecond * seconds
}

/** There is nothing to hide nor to forget. */
const isUnknown = ({ shown, availability, places }: Presence): boolean =>
  !shown && availability === null && places.length === 0

/** Not visible from now on. The cell is kept: switched on again within 30 minutes, it stands. */
const hidden = (presence: Presence): Presence => ({
  ...presence,
  availability: null,
  shown: false,
  awaiting: false,
})

/** Remembers a stay, for as long as consent is given. */
function noted(presence: Presence, now: Circumstances): Presence {
  if (now.whereabouts.kind !== 'seen' || now.consent?.given === false) return presence
  const { sighting } = now.whereabouts
  const seen = { ...presence, lastArea: areaOf(sighting) }
  if (!isStaying(sighting)) return seen
  return { ...seen, places: withStay(presence.places, sighting.stay.anchor, now.nowMs, now.density) }
}

/** All that happens without being asked: endings, changes after a stay, steps of `lastSeen`, forgetting. */
function tick(before: Presence, now: Circumstances): Presence {
  const presence = forgotten(noted(before, now), now)
  if (presence.availability === null) return presence
  if (!isAvailable(presence, now)) return hidden(presence)
  const on = { ...presence, availability: movedOn(presence.availability, now.whereabouts) }
  if (now.whereabouts.kind !== 'seen') return on
  const { sighting } = now.whereabouts
  if (on.awaiting) return publishAtOnce(on, now)
  if (isStaying(sighting) && mayPublish(on, now) && isElsewhere(on, sighting))
    return publish(on, sighting, now)
  return { ...on, lastSeenMs: Math.max(on.lastSeenMs ?? 0, stepOf(sighting)) }
}

/** Whether a stay is in a place other than the one that the shown cell stands for. */
const isElsewhere = ({ shown, cell, places }: Presence, sighting: Sighting): boolean =>
  !shown || placeNear(places, sighting.stay.anchor)?.cell !== cell

function forgotten(presence: Presence, { nowMs }: Circumstances): Presence {
  const { lastArea, consentEndedAtMs } = presence
  return {
    ...presence,
    lastArea: lastArea !== null && nowMs - lastArea.atMs >= rememberMs ? null : lastArea,
    places: consentEndedAtMs !== null && nowMs - consentEndedAtMs >= rememberMs ? [] : presence.places,
  }
}

/** Everyone's moments are their own: a change tells nothing of when its cause was. */
function withTick(
  before: Presence,
  after: Presence,
  cause: Cause,
  { nowMs, random }: Circumstances,
): Presence {
  const { nextTickAtMs } = before
  if (after.availability === null) {
    const moment = momentToForget(after)
    return moment === after.nextTickAtMs ? after : { ...after, nextTickAtMs: moment }
  }
  const isSet = before.availability !== null && nextTickAtMs !== null && nextTickAtMs <= nowMs + longestTickMs
  if (isSet && cause.kind !== 'tick') return after
  return {
    ...after,
    nextTickAtMs: Math.round(nowMs + shortestTickMs + random() * (longestTickMs - shortestTickMs)),
  }
}

function momentToForget({ lastArea, consentEndedAtMs, places }: Presence): number | null {
  const moments = [
    ...(lastArea === null ? [] : [lastArea.atMs + rememberMs]),
    ...(consentEndedAtMs === null || places.length === 0 ? [] : [consentEndedAtMs + rememberMs]),
  ]
  return moments.length === 0 ? null : Math.min(...moments)
}
