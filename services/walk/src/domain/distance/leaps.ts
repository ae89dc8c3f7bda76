import { between, type PlanePoint } from './plane.ts'

/** A leap up to this length may be bad reception; smoothing deals with it. */
const toleratedMeters = 60
/** How far back a run of points may be continued: bounds the work on hopeless tracks. */
const lookBack = 50

/**
 * The track without points that nobody could have walked to and from: the longest chain of runs whose every step
 * takes at most `maxSpeed` (m/s). A cluster that is far off goes as a whole.
 */
export function withoutLeaps(points: readonly PlanePoint[], maxSpeed: number): PlanePoint[] {
  const reachable = (a: PlanePoint, b: PlanePoint): boolean =>
    between(a, b) <= toleratedMeters + maxSpeed * (b.seconds - a.seconds)

  const runs: PlanePoint[][] = []
  for (const point of points) {
    const run = runs.at(-1)
    if (run && reachable(run.at(-1)!, point)) run.push(point)
    else runs.push([point])
  }
  if (runs.length <= 1) return [...points]

  const chains: { length: number; before: number }[] = []
  runs.forEach((run, index) => {
    const chain = { length: run.length, before: -1 }
    for (let earlier = Math.max(0, index - lookBack); earlier < index; earlier++) {
      const length = chains[earlier]!.length + run.length
      if (length > chain.length && reachable(runs[earlier]!.at(-1)!, run[0]!))
        Object.assign(chain, { length, before: earlier })
    }
    chains.push(chain)
  })

  const kept: PlanePoint[][] = []
  let at = chains.reduce((best, chain, index) => (chain.length > chains[best]!.length ? index : best), 0)
  for (; at >= 0; at = chains[at]!.before) kept.push(runs[at]!)
  return kept.reverse().flat()
}
