import type { ExactPosition } from '@walking-buddy/exact-position'

/** A position as a phone reported it, with its time by the server's clock. */
export interface Report {
  position: ExactPosition
  /** As the phone estimates it; undefined: not told. */
  accuracyMeters: number | undefined
  recordedAtMs: number
  receivedAtMs: number
}

/** So old may a report be to tell where someone is now; an older one is of use for a walk's track only. */
export const currentWithinMs = 10 * 60_000

/**
 * When a position was taken, by the server's clock: `sentAt` and the moment of arrival tell how far the phone's
 * clock is off. Without `sentAt` the phone's clock is believed, and nothing is taken later than it arrives.
 */
export function recordedAt(told: {
  recordedAtMs: number | undefined
  sentAtMs: number | undefined
  receivedAtMs: number
}): number {
  const { recordedAtMs, sentAtMs, receivedAtMs } = told
  if (recordedAtMs === undefined) return receivedAtMs
  const correctionMs = sentAtMs === undefined ? 0 : receivedAtMs - sentAtMs
  return Math.min(receivedAtMs, recordedAtMs + correctionMs)
}

/** Whether a report may stand for where its sender is now. */
export const isCurrent = (report: Report): boolean =>
  report.receivedAtMs - report.recordedAtMs <= currentWithinMs
