import type { ExactPosition } from '@walking-buddy/exact-position'
import { walkedDistance } from './distance/walked-distance.ts'
import { clamped } from './instant.ts'

/** One own point of a walk. */
export interface TrackPoint {
  readonly position: ExactPosition
  readonly accuracyMeters: number | undefined
  /** As the phone said: what a repeated point has in common with the first. */
  readonly recordedAt: Date
  /** The same moment by our clock. */
  readonly at: Date
}

export type Track = readonly TrackPoint[]

/** Network and patience explain a difference up to this; a wrong clock explains more. */
const toleratedOffsetMs = 5_000
/** A silence up to this is still covered by the track. */
const coveredSilenceMs = 120_000

/** How much to add to what a phone says, so that its `sentAt` becomes the moment of receipt. */
export function clockOffsetMs(sentAt: Date, receivedAt: Date): number {
  const offset = receivedAt.getTime() - sentAt.getTime()
  return Math.abs(offset) <= toleratedOffsetMs ? 0 : offset
}

/** The points from start to end (to now, while it goes on), in order. */
export function within(track: Track, startTime: Date, until: Date): Track {
  return track
    .filter(({ at }) => at >= startTime && at <= until)
    .sort((a, b) => a.at.getTime() - b.at.getTime())
}

/**
 * How far the two have walked, in whole metres: by the track that covers more of the time, the first one's where
 * they cover the same; null where there is no point at all.
 */
export function distanceOfWalk(
  tracks: readonly [Track, Track],
  startTime: Date,
  endTime: Date,
): number | null {
  const [initiators, partners] = tracks.map(track => within(track, startTime, endTime)) as [Track, Track]
  const better =
    initiators.length === 0 ||
    coveredMs(partners, startTime, endTime) > coveredMs(initiators, startTime, endTime)
      ? partners
      : initiators
  const meters = walkedDistance(
    better.map(({ position, at, accuracyMeters }) => ({
      ...position.reveal(),
      atMs: at.getTime(),
      accuracyMeters,
    })),
  )
  return meters === undefined ? null : Math.round(meters)
}

function coveredMs(track: Track, startTime: Date, endTime: Date): number {
  if (track.length === 0) return 0
  const moments = [startTime, ...track.map(({ at }) => clamped(at, startTime, endTime)), endTime]
  let covered = 0
  for (let i = 1; i < moments.length; i++) {
    const silence = moments[i]!.getTime() - moments[i - 1]!.getTime()
    if (silence <= coveredSilenceMs) covered += silence
  }
  return covered
}
