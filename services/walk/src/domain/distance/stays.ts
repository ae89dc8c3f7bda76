import { between, median, type PlanePoint } from './plane.ts'

/** A time in one place; everything from `from` to `to` (indices, inclusive) is jitter about its middle. */
export interface Stay {
  from: number
  to: number
  x: number
  y: number
}

const smallestRadius = 15
/** Nine of ten points of a normal distribution lie within this many deviations of its middle. */
const radiusOfNoise = 2.2
const shareInside = 0.9
/** A walker at 0.8 m/s crosses the circle twice in this time: slow walking is no stay. */
const secondsPerMeter = 5
const longestAbsenceSeconds = 20

/** Finds the times at which nine of ten points keep within a circle that noise alone explains. */
export function staysOf(points: readonly PlanePoint[], noiseMeters: number): Stay[] {
  const radius = Math.max(smallestRadius, radiusOfNoise * noiseMeters)
  const shortest = secondsPerMeter * radius
  const stays: Stay[] = []
  let from = 0
  let to = 0
  while (from < points.length) {
    to = Math.max(to, from)
    while (to < points.length - 1 && points[to]!.seconds - points[from]!.seconds < shortest) to++
    const span = points[to]!.seconds - points[from]!.seconds
    if (span < shortest) break
    // Points so far apart in time say nothing of what was between them.
    const dense = span < 2 * shortest
    if (dense && between(points[from]!, points[to]!) < 2 * radius && isInside(points, from, to, radius)) {
      const last = lastInside(points, from, to, radius)
      stays.push(core(points, from, last, radius))
      from = last + 1
    } else from += 1
  }
  return joined(points, stays, radius)
}

const middleOf = (points: readonly PlanePoint[], from: number, to: number): { x: number; y: number } => {
  const part = points.slice(from, to + 1)
  return { x: median(part.map(point => point.x)), y: median(part.map(point => point.y)) }
}

function isInside(points: readonly PlanePoint[], from: number, to: number, radius: number): boolean {
  const middle = middleOf(points, from, to)
  let inside = 0
  for (let i = from; i <= to; i++) if (between(points[i]!, middle) <= radius) inside += 1
  return inside >= shareInside * (to - from + 1)
}

function lastInside(points: readonly PlanePoint[], from: number, to: number, radius: number): number {
  const middle = middleOf(points, from, to)
  let last = to
  for (
    let i = to + 1;
    i < points.length && points[i]!.seconds - points[last]!.seconds <= longestAbsenceSeconds;
    i++
  )
    if (between(points[i]!, middle) <= radius) last = i
  return last
}

/** Without the steps of coming and going at its ends: those were walked. */
function core(points: readonly PlanePoint[], from: number, to: number, radius: number): Stay {
  const middle = middleOf(points, from, to)
  const near = (index: number): boolean => between(points[index]!, middle) <= radius / 3
  let first = from
  let last = to
  while (first < last && !near(first)) first++
  while (last > first && !near(last)) last--
  return { from: first, to: last, ...middle }
}

/** What lies between two stays in one place, or before the first and after the last, and never leaves the place, is part of it. */
function joined(points: readonly PlanePoint[], stays: readonly Stay[], radius: number): Stay[] {
  const keepsTo = (place: { x: number; y: number }, from: number, to: number): boolean =>
    points.slice(from, to + 1).every(point => between(point, place) <= 1.5 * radius)
  const result: Stay[] = []
  for (const stay of stays) {
    const before = result.at(-1)
    if (before && between(before, stay) <= radius && keepsTo(before, before.to, stay.from))
      before.to = stay.to
    else result.push({ ...stay })
  }
  const [first, last] = [result[0], result.at(-1)]
  if (first && keepsTo(first, 0, first.from)) first.from = 0
  if (last && keepsTo(last, last.to, points.length - 1)) last.to = points.length - 1
  return result
}
