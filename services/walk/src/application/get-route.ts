import type { Clock } from '@walking-buddy/service-kit'
import { ownWalk } from './own-walk.ts'
import type { Route, Routes, Tracks, Walks } from './ports.ts'
import { coordinatesOf, pointsOfInterestOf } from './route.ts'

/**
 * The caller's own points, never the partner's. A finished walk's come from its route; while it goes on, while late
 * points are being worked in, or where the route is not there, they come from the track.
 */
export const getRoute =
  (deps: { walks: Walks; tracks: Tracks; routes: Routes; clock: Clock }) =>
  async ({
    userId,
    walkId,
  }: {
    userId: string
    walkId: string
  }): Promise<Pick<Route, 'coordinates' | 'pointsOfInterest'>> => {
    const walk = await ownWalk(deps.walks, userId, walkId)
    const stored =
      walk.endTime && (await deps.tracks.isSettled(walkId)) && (await deps.routes.find(walkId, userId))
    if (stored) return stored
    return {
      coordinates: coordinatesOf(walk, await deps.tracks.of(walkId, userId), new Date(deps.clock.now())),
      pointsOfInterest: pointsOfInterestOf(walk),
    }
  }
