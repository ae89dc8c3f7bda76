import type { PlanePoint } from './plane.ts'

/** One point for each `seconds`: the mean of those inside. Averages white noise away and bounds the work. */
export function thinned(points: readonly PlanePoint[], seconds: number): PlanePoint[] {
  const means: PlanePoint[] = []
  for (let from = 0; from < points.length; ) {
    let to = from
    const sum = { x: 0, y: 0, seconds: 0, accuracy: 0, told: 0 }
    for (; to < points.length && points[to]!.seconds - points[from]!.seconds < seconds; to++) {
      const point = points[to]!
      sum.x += point.x
      sum.y += point.y
      sum.seconds += point.seconds
      if (point.accuracyMeters !== undefined) {
        sum.accuracy += point.accuracyMeters
        sum.told += 1
      }
    }
    const count = to - from
    means.push({
      x: sum.x / count,
      y: sum.y / count,
      seconds: sum.seconds / count,
      accuracyMeters: sum.told > 0 ? sum.accuracy / sum.told : undefined,
    })
    from = to
  }
  return means
}
