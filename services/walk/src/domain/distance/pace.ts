import { between, type PlanePoint } from './plane.ts'

/** Long enough for noise to matter little, short enough to hold few turns. */
const windowMeters = 55
const firstWindowSeconds = 40
const windows = 400
const slowest = 0.3

/**
 * How fast this person goes while going, in m/s: the upper part of net speeds over windows of some 55 m, each
 * between the means of its halves, which noise hardly moves.
 */
export function paceOf(points: readonly PlanePoint[]): number {
  const first = paceIn(points, firstWindowSeconds)
  return paceIn(points, windowMeters / first)
}

function paceIn(points: readonly PlanePoint[], windowSeconds: number): number {
  const speeds: number[] = []
  const step = Math.max(1, Math.floor(points.length / windows))
  let to = 0
  for (let from = 0; from < points.length; from += step) {
    const start = points[from]!.seconds
    while (to < points.length - 1 && points[to]!.seconds - start < windowSeconds) to++
    const span = points[to]!.seconds - start
    if (span < windowSeconds * 0.8 || span > windowSeconds * 3) continue
    const middle = start + span / 2
    const early = meanOf(points, from, to, point => point.seconds < middle)
    const late = meanOf(points, from, to, point => point.seconds >= middle)
    if (early && late) speeds.push(between(early, late) / (late.seconds - early.seconds))
  }
  speeds.sort((a, b) => a - b)
  return Math.max(slowest, speeds[Math.floor(speeds.length * 0.7)] ?? plainSpeed(points))
}

function meanOf(
  points: readonly PlanePoint[],
  from: number,
  to: number,
  belongs: (point: PlanePoint) => boolean,
): { x: number; y: number; seconds: number } | undefined {
  const sum = { x: 0, y: 0, seconds: 0 }
  let count = 0
  for (let i = from; i <= to; i++) {
    const point = points[i]!
    if (!belongs(point)) continue
    sum.x += point.x
    sum.y += point.y
    sum.seconds += point.seconds
    count += 1
  }
  return count === 0 ? undefined : { x: sum.x / count, y: sum.y / count, seconds: sum.seconds / count }
}

/** Of a track too short for windows. */
function plainSpeed(points: readonly PlanePoint[]): number {
  let meters = 0
  for (let i = 1; i < points.length; i++) meters += between(points[i - 1]!, points[i]!)
  const seconds = points.at(-1)!.seconds - points[0]!.seconds
  return seconds > 0 ? meters / seconds : 0
}
