import { invalid } from '@walking-buddy/errors'
import type { Whereabouts } from './sighting.ts'

/** Someone can be found, from an explicit switch-on or the first position after consent. */
export interface Availability {
  sinceMs: number
  /** Moves on with each position, unless it was chosen. */
  untilMs: number
  untilIsChosen: boolean
}

/** What a switch-on says of its end: a moment, `default`, or `unchanged`. */
export type UntilWish = { kind: 'chosen'; atMs: number } | { kind: 'default' } | { kind: 'unchanged' }

export const defaultAvailabilityMs = 60 * 60_000
export const longestAvailabilityMs = 4 * 60 * 60_000

/** @throws AppError invalid `until-out-of-range` in the past, or more than 4 h ahead */
export function assertUntil(wish: UntilWish, nowMs: number): void {
  if (wish.kind === 'chosen' && !(wish.atMs > nowMs && wish.atMs <= nowMs + longestAvailabilityMs))
    throw invalid('until-out-of-range', 'until must be in the future, at most 4 hours ahead.', {
      faults: [{ path: 'body.until', message: 'must be in the future, at most 4 hours ahead' }],
    })
}

/** A switch-on; of someone who is available already it moves the end only. */
export function switchedOn(before: Availability | null, wish: UntilWish, nowMs: number): Availability {
  const sinceMs = before?.sinceMs ?? nowMs
  if (wish.kind === 'chosen') return { sinceMs, untilMs: wish.atMs, untilIsChosen: true }
  if (wish.kind === 'unchanged' && before?.untilIsChosen) return before
  return { sinceMs, untilMs: nowMs + defaultAvailabilityMs, untilIsChosen: false }
}

/** With the end where the last position has moved it. */
export function movedOn(availability: Availability, whereabouts: Whereabouts): Availability {
  if (availability.untilIsChosen || whereabouts.kind !== 'seen') return availability
  const untilMs = Math.max(availability.untilMs, whereabouts.sighting.receivedAtMs + defaultAvailabilityMs)
  return { ...availability, untilMs }
}

/**
 * Whether availability is over: its end has passed, or the sharing window of an accepted walk came since it began
 * (and nobody is available during one). An end that moves with positions cannot pass while nobody can tell whether there were any.
 */
export function hasEnded(
  availability: Availability,
  now: { nowMs: number; whereabouts: Whereabouts; walk: { cameAtMs: number; open: boolean } | null },
): boolean {
  if (now.walk && (now.walk.open || now.walk.cameAtMs >= availability.sinceMs)) return true
  if (!availability.untilIsChosen && now.whereabouts.kind === 'unknown') return false
  return movedOn(availability, now.whereabouts).untilMs <= now.nowMs
}
