import { withoutLeaps } from './leaps.ts'
import { noiseOf } from './noise.ts'
import { paceOf } from './pace.ts'
import { pathLength } from './path-length.ts'
import { type PlanePoint, toPlane } from './plane.ts'
import { type Stay, staysOf } from './stays.ts'
import { thinned } from './thinning.ts'

/** Nobody who is not carried goes faster, in m/s; a replay at some multiple of life is measured by its own pace. */
const fastestOnFoot = 15
const fastestInPaces = 4
/** Finer than this is only noise where stays are looked for. */
const glanceMeters = 4

export interface MeasuredPoint {
  lat: number
  lng: number
  atMs: number
  accuracyMeters: number | undefined
}

/**
 * How far a person has walked by a track in order of time, in metres; undefined without points.
 *
 * Summing up steps counts each metre of noise as walked: at 10 m and one point in 5 s that is three times the way.
 * Here, in this order: leaps that nobody can walk are left out; times in one place collapse into it; what is left
 * is smoothed with the phone's error learned from the track itself, and measured by its expected length. The same
 * walk replayed at another speed measures the same.
 */
export function walkedDistance(track: readonly MeasuredPoint[]): number | undefined {
  if (track.length === 0) return undefined
  const points = inOrder(toPlane(track))
  if (points.length < 2) return 0
  const plausible = withoutLeaps(points, Math.max(fastestOnFoot, fastestInPaces * paceOf(points)))
  const pace = paceOf(plausible)
  const glance = thinned(plausible, glanceMeters / pace)
  const stretches = stretchesBetween(plausible, glance, staysOf(glance, noiseOf(glance)))
  return stretches.reduce((meters, stretch) => meters + pathLength(stretch, pace), 0)
}

/** Two points of one moment cannot both be right: the first stays. */
const inOrder = (points: readonly PlanePoint[]): PlanePoint[] =>
  points.filter((point, i) => i === 0 || point.seconds > points[i - 1]!.seconds)

/** The walked parts, each from the middle of one stay to the middle of the next. */
function stretchesBetween(
  points: readonly PlanePoint[],
  glance: readonly PlanePoint[],
  stays: readonly Stay[],
): PlanePoint[][] {
  const stretches: PlanePoint[][] = []
  let stretch: PlanePoint[] = []
  let at = 0
  for (const stay of stays) {
    const middle = { x: stay.x, y: stay.y, accuracyMeters: undefined }
    // A stay at either end of the track has no way to or from it.
    const from = stay.from === 0 ? Number.NEGATIVE_INFINITY : glance[stay.from]!.seconds
    const to = stay.to === glance.length - 1 ? Number.POSITIVE_INFINITY : glance[stay.to]!.seconds
    for (; at < points.length && points[at]!.seconds < from; at++) stretch.push(points[at]!)
    stretches.push([...stretch, { ...middle, seconds: from }])
    while (at < points.length && points[at]!.seconds <= to) at++
    stretch = [{ ...middle, seconds: to }]
  }
  stretches.push([...stretch, ...points.slice(at)])
  return stretches.filter(({ length }) => length > 1)
}
