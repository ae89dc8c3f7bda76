import type { ExactPosition } from '@walking-buddy/exact-position'
import { between, toPlane } from './distance/plane.ts'
import { later } from './instant.ts'

/** Whether two people who are to walk together have found each other, and since when they are apart again. */
export interface Company {
  readonly metAt: Date | null
  readonly apartSince: Date | null
}

/** Where somebody was last. */
export interface Whereabouts {
  readonly position: ExactPosition
  readonly accuracyMeters: number | undefined
  readonly recordedAt: Date
  /** Within 75 m of a remembered place of theirs: never shown to the partner. */
  readonly nearPlace: boolean
}

export const noCompany: Company = { metAt: null, apartSince: null }

const metWithinMeters = 75
const apartBeyondMeters = 300
/** Positions further apart in time say nothing of the distance between two people. */
const sameTimeMs = 60_000
const accuracyUntold = 20

/**
 * What two positions say: they have met when both are surely close; they are apart when both are surely far; they
 * are together again when they do not even look far. The same object comes back when nothing has changed.
 */
export function companyAfter(company: Company, one: Whereabouts, other: Whereabouts): Company {
  const lag = Math.abs(one.recordedAt.getTime() - other.recordedAt.getTime())
  if (lag > sameTimeMs) return company
  const meters = distanceBetween(one.position, other.position)
  const [first, second] = [one.accuracyMeters ?? accuracyUntold, other.accuracyMeters ?? accuracyUntold]
  const at = later(one.recordedAt, other.recordedAt)
  if (!company.metAt)
    return meters <= metWithinMeters && Math.max(first, second) <= metWithinMeters
      ? { metAt: at, apartSince: null }
      : company
  if (meters <= apartBeyondMeters) return company.apartSince ? { ...company, apartSince: null } : company
  if (company.apartSince || meters - first - second <= apartBeyondMeters) return company
  return { ...company, apartSince: at }
}

function distanceBetween(one: ExactPosition, other: ExactPosition): number {
  const [a, b] = toPlane(
    [one.reveal(), other.reveal()].map(({ lat, lng }) => ({ lat, lng, atMs: 0, accuracyMeters: undefined })),
  )
  return between(a!, b!)
}
