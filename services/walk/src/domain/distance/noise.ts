import { median, type PlanePoint } from './plane.ts'

const longestSpanSeconds = 20
const fewestSamples = 10
/** A median of absolute deviations, as a standard deviation of the normal distribution. */
const deviationOfMedian = 0.6745
/** Reported accuracy is a radius of 68 %: 1.5 times the deviation along one axis. */
const deviationOfAccuracy = 1 / 1.5
/** Phones overstate it indoors; believing more would call slow walking standing. */
const mostBelievedMeters = 12

/**
 * How far positions stray along one axis, in metres (a standard deviation): the larger of what the phone reports
 * and what neighbouring points show.
 */
export function noiseOf(points: readonly PlanePoint[]): number {
  const reported = points.flatMap(({ accuracyMeters }) =>
    accuracyMeters === undefined ? [] : [accuracyMeters],
  )
  const believed =
    reported.length === 0 ? 0 : Math.min(mostBelievedMeters, median(reported) * deviationOfAccuracy)
  return Math.max(believed, shownNoise(points))
}

/** How far points lie from the middle of their neighbours. */
function shownNoise(points: readonly PlanePoint[]): number {
  const strays: number[] = []
  for (let i = 1; i < points.length - 1; i++) {
    const [before, point, after] = [points[i - 1]!, points[i]!, points[i + 1]!]
    const span = after.seconds - before.seconds
    if (span > longestSpanSeconds || span <= 0) continue
    const part = (point.seconds - before.seconds) / span
    const scale = 1 / Math.sqrt(1 + part ** 2 + (1 - part) ** 2)
    strays.push(
      Math.abs(point.x - before.x - (after.x - before.x) * part) * scale,
      Math.abs(point.y - before.y - (after.y - before.y) * part) * scale,
    )
  }
  return strays.length < fewestSamples ? 0 : median(strays) / deviationOfMedian
}
