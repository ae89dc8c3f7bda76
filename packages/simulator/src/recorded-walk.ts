import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { distanceMeters, type LatLng } from '@walking-buddy/cells'

/** A point of a recorded track; `atMs` since the epoch. */
export interface RecordedPoint extends LatLng {
  atMs: number
}

const walkingSpeed = { min: 0.5, max: 2.4 }
const maxGapMs = 10_000

/**
 * Finds a stretch that somebody walked in a file of `lat,lng,datetime,uid` lines (GeoLife's, times in UTC; `.gz` or
 * plain): the first of at least `durationSeconds` in which no point is more than 10 s after the one before, and
 * every minute was covered at a walking pace.
 * @throws Error where the file has none
 */
export async function findWalk(file: string, durationSeconds: number): Promise<RecordedPoint[]> {
  const bytes = createReadStream(file)
  const lines = createInterface({ input: file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes })
  let stretch: RecordedPoint[] = []
  let person = ''
  for await (const line of lines) {
    const [lat, lng, time, uid = ''] = line.split(',')
    const point = { lat: Number(lat), lng: Number(lng), atMs: Date.parse(`${time?.replace(' ', 'T')}Z`) }
    if (Number.isNaN(point.lat + point.lng + point.atMs)) continue
    const before = stretch.at(-1)
    if (
      before &&
      (uid !== person ||
        point.atMs - before.atMs > maxGapMs ||
        point.atMs <= before.atMs ||
        !isWalkingPace(stretch, point))
    ) {
      if (uid === person && point.atMs <= before.atMs) continue
      stretch = []
    }
    person = uid
    stretch.push(point)
    if (point.atMs - stretch[0]!.atMs >= durationSeconds * 1000) return stretch
  }
  throw new Error(`${file} has no walk of ${Math.round(durationSeconds / 60)} minutes without a break`)
}

/** Whether the last minute up to `next` was walked: neither ridden nor stood through. */
function isWalkingPace(stretch: readonly RecordedPoint[], next: RecordedPoint): boolean {
  const before = stretch.at(-1)!
  if (distanceMeters(before, next) / ((next.atMs - before.atMs) / 1000) > 2 * walkingSpeed.max) return false
  const minuteAgo = stretch.findLast(point => next.atMs - point.atMs >= 60_000)
  if (!minuteAgo) return true
  const speed = distanceMeters(minuteAgo, next) / ((next.atMs - minuteAgo.atMs) / 1000)
  return speed >= walkingSpeed.min && speed <= walkingSpeed.max
}

/** Length of the line through all points, in metres: what a replay is measured against. */
export const lengthMeters = (points: readonly LatLng[]): number =>
  points.slice(1).reduce((sum, point, i) => sum + distanceMeters(points[i]!, point), 0)
