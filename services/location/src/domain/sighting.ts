import { distanceMeters } from '@walking-buddy/cells'
import type { ExactPosition } from '@walking-buddy/exact-position'
import type { Report } from './report.ts'

/** Where someone was last, and since when they have been there: kept for 300 s. */
export interface Sighting extends Report {
  /** The point that one is staying at, and since when: one's first position there. */
  stay: { anchor: ExactPosition; sinceMs: number }
}

/** What is known of where someone is. */
export type Whereabouts =
  | { kind: 'seen'; sighting: Sighting }
  /** No position within 300 s. */
  | { kind: 'absent' }
  /** The store of positions was lost or cannot be asked, less than 300 s ago: nobody can tell. */
  | { kind: 'unknown' }

/** How long an exact position lives. */
export const sightingLifeMs = 300_000
/** Radius of one place. */
export const placeRadiusMeters = 75
/** So long in one place is a stay. */
export const stayMs = 10 * 60_000

const maxSpeedMetersPerSecond = 100
/** Reports of one second may be out of step with each other. */
const leastSeconds = 1
/** A claim of more does not excuse a larger jump. */
const mostExcusedMeters = 1_000

export type Verdict =
  | { kind: 'accepted'; sighting: Sighting }
  /** Taken before what is known already: true, but no news. */
  | { kind: 'older' }
  | { kind: 'implausible' }

/**
 * Weighs a report against the last accepted one of the same person. A jump is implausible when the two cannot be
 * closer than 100 m/s allows, each of them being off by its own accuracy (at most 1,000 m). After 300 s without an
 * accepted one any is taken.
 */
export function observe(last: Sighting | undefined, report: Report): Verdict {
  if (!last || !isAlive(last, report.receivedAtMs))
    return { kind: 'accepted', sighting: { ...report, stay: arrivalOf(report) } }
  if (report.recordedAtMs < last.recordedAtMs) return { kind: 'older' }
  if (isImplausible(last, report)) return { kind: 'implausible' }
  return {
    kind: 'accepted',
    sighting: { ...report, stay: hasLeft(last, report) ? arrivalOf(report) : last.stay },
  }
}

/** Whether an exact position may still be used. */
export const isAlive = (sighting: Sighting, nowMs: number): boolean =>
  nowMs - sighting.receivedAtMs < sightingLifeMs

/** Whether someone is in one place for 10 minutes or more. */
export const isStaying = (sighting: Sighting): boolean =>
  sighting.recordedAtMs - sighting.stay.sinceMs >= stayMs

const arrivalOf = (report: Report): Sighting['stay'] => ({
  anchor: report.position,
  sinceMs: report.recordedAtMs,
})

function isImplausible(last: Sighting, report: Report): boolean {
  const seconds = Math.max(leastSeconds, (report.recordedAtMs - last.recordedAtMs) / 1_000)
  const leastMeters =
    distanceMeters(last.position.reveal(), report.position.reveal()) - errorOf(last) - errorOf(report)
  return leastMeters > maxSpeedMetersPerSecond * seconds
}

const errorOf = ({ accuracyMeters = 0 }: Report): number => Math.min(accuracyMeters, mostExcusedMeters)

/** A fix that is coarser than a place ends a stay only where it is certainly elsewhere. */
function hasLeft({ stay }: Sighting, { position, accuracyMeters = 0 }: Report): boolean {
  const doubtMeters = accuracyMeters > placeRadiusMeters ? accuracyMeters : 0
  return distanceMeters(stay.anchor.reveal(), position.reveal()) > placeRadiusMeters + doubtMeters
}
