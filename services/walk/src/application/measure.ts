import { distanceOfWalk } from '../domain/track.ts'
import type { Transition, Walk } from '../domain/walk.ts'
import type { Tracks } from './ports.ts'

/** How far the two have walked by the points that are there, in metres; null without any, or before the end. */
export async function distanceUntil(tracks: Tracks, walk: Walk): Promise<number | null> {
  const { id, initiatorId, partnerId, startTime, endTime } = walk
  if (!startTime || !endTime) return null
  const both = await Promise.all([tracks.of(id, initiatorId), tracks.of(id, partnerId)])
  return distanceOfWalk(both, startTime, endTime)
}

/** The transition that ends a walk, with its distance. */
export const withDistance = (transition: Transition, distanceMeters: number | null): Transition =>
  transition.event && transition.walk.endTime
    ? { ...transition, walk: { ...transition.walk, distanceMeters } }
    : transition
