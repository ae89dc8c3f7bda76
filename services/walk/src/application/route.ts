import { type Track, within } from '../domain/track.ts'
import type { Walk } from '../domain/walk.ts'
import type { Coordinate, PointOfInterest } from './ports.ts'

/** One person's points of a walk, from start to end, in order. */
export const coordinatesOf = (walk: Walk, track: Track, now: Date): Coordinate[] =>
  walk.startTime
    ? within(track, walk.startTime, walk.endTime ?? now).map(({ position, at }) => ({
        ...position.reveal(),
        timestamp: at,
      }))
    : []

/** Named places that belong to a walk: so far the meeting point. */
export const pointsOfInterestOf = ({ meetingPoint }: Walk): PointOfInterest[] =>
  meetingPoint?.name
    ? [
        {
          name: meetingPoint.name,
          type: 'meeting_point',
          location: { lat: meetingPoint.lat, lng: meetingPoint.lng },
        },
      ]
    : []
