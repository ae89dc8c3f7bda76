import { expectedSpeed } from './expected-speed.ts'
import { between, type PlanePoint } from './plane.ts'
import { type Epoch, epochOf, filter, type Motion, smoothed } from './smoother.ts'
import { thinned } from './thinning.ts'

/** A point for each so many metres walked. */
const strideMeters = 5
/** How far people walk until they head elsewhere: ties agility to pace, whatever the speed of a replay. */
const headingMeters = 70
/** Nothing is guessed about longer silences: the straight line counts. */
const longestSilenceSeconds = 90
/** Slower than this part of one's pace is standing with jitter. */
const standing = 0.25
const deviations = [0.3, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 23]

/**
 * The expected length of the path behind one stretch without stays, in metres. The phone's error is the one that
 * makes the points most likely; the path's own wiggles that it hides are counted by their expectation.
 */
export function pathLength(points: readonly PlanePoint[], pace: number): number {
  if (points.length < 2) return 0
  const secondsPerEpoch = strideMeters / pace
  const means = thinned(points, secondsPerEpoch)
  const ends = [points[0]!, points.at(-1)!] as const
  if (means.length < 3) return between(...ends)

  const epochs = withSilences(means, secondsPerEpoch)
  const motionWith = (deviation: number): Motion => ({
    agility: pace ** 3 / headingMeters,
    variance: deviation ** 2,
    pace,
  })
  const motions = deviations.map(motionWith)
  const misfits = motions.map(motion => filter(epochs, motion))
  const motion = motions[misfits.indexOf(Math.min(...misfits))]!
  const estimates = smoothed(epochs, motion)

  let meters = 0
  for (let i = 1; i < epochs.length; i++) {
    const seconds = epochs[i]!.seconds - epochs[i - 1]!.seconds
    const [before, after] = [estimates[i - 1]!, estimates[i]!]
    const chord = between(before, after)
    if (seconds > longestSilenceSeconds) meters += chord
    else if (chord > standing * pace * seconds) meters += (seconds * (speedOf(before) + speedOf(after))) / 2
  }
  // Averaging has cut half an epoch off each end.
  const kept = means.at(-1)!.seconds - means[0]!.seconds
  const cut = ends[1].seconds - ends[0].seconds - kept
  return meters + cut * Math.min(pace, meters / kept)
}

const speedOf = ({
  vx,
  vy,
  velocityVariance,
}: {
  vx: number
  vy: number
  velocityVariance: number
}): number => expectedSpeed(Math.hypot(vx, vy), Math.max(0, velocityVariance))

/** Epochs without a measurement inside of silences, so that what happened there is estimated as finely as the rest. */
function withSilences(means: readonly PlanePoint[], secondsPerEpoch: number): Epoch[] {
  const epochs = [epochOf(means[0]!)]
  for (let i = 1; i < means.length; i++) {
    const from = means[i - 1]!.seconds
    const silence = means[i]!.seconds - from
    const steps = silence > longestSilenceSeconds ? 1 : Math.max(1, Math.round(silence / secondsPerEpoch))
    for (let step = 1; step < steps; step++)
      epochs.push({ x: 0, y: 0, seconds: from + (silence * step) / steps, measured: false })
    epochs.push(epochOf(means[i]!))
  }
  return epochs
}
