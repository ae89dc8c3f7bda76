import { describe, expect, it } from 'vitest'
import { cityWalk, randomOf, received, standing, type Truth } from '../../../test/support/synthetic-walk.ts'
import { type MeasuredPoint, walkedDistance } from './walked-distance.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
const metersOf = (path: readonly Truth[]): number => path.at(-1)!.meters

/** Deviations from the truth in %, sorted. */
const deviations = (measure: (seed: number) => { measured: number; truth: number }): number[] =>
  seeds
    .map(measure)
    .map(({ measured, truth }) => (measured / truth - 1) * 100)
    .sort((a, b) => a - b)
const medianOf = (sorted: readonly number[]): number => sorted[sorted.length >> 1]!
const worstOf = (sorted: readonly number[]): number => Math.max(...sorted.map(Math.abs))

const onCityWalks = (
  reception: { everySeconds: number; noiseMeters: number; driftSeconds?: number; accuracyMeters?: undefined },
  change: (points: MeasuredPoint[], seed: number) => MeasuredPoint[] = points => points,
): number[] =>
  deviations(seed => {
    const path = cityWalk({ minutes: 30, seed, waits: seed % 2 === 0 })
    const points = change(received(path, { ...reception, seed: seed + 100 }), seed)
    return { measured: walkedDistance(points)!, truth: metersOf(path) }
  })

describe('the distance of a walk of half an hour', () => {
  it.each([
    { everySeconds: 1, noiseMeters: 3, median: 1.5, worst: 3 },
    { everySeconds: 1, noiseMeters: 5, median: 1.5, worst: 3 },
    { everySeconds: 1, noiseMeters: 10, median: 2, worst: 4 },
    { everySeconds: 5, noiseMeters: 3, median: 1.5, worst: 3 },
    { everySeconds: 5, noiseMeters: 5, median: 2, worst: 4 },
    { everySeconds: 5, noiseMeters: 10, median: 3, worst: 6 },
    { everySeconds: 30, noiseMeters: 5, median: 3, worst: 7 },
    { everySeconds: 60, noiseMeters: 5, median: 12, worst: 18 },
  ])(
    'is right with $noiseMeters m of noise and a point in $everySeconds s',
    ({ median, worst, ...reception }) => {
      const sorted = onCityWalks(reception)
      expect(Math.abs(medianOf(sorted))).toBeLessThan(median)
      expect(worstOf(sorted)).toBeLessThan(worst)
    },
  )

  it('needs no word of the phone about its accuracy', () => {
    const sorted = onCityWalks({ everySeconds: 5, noiseMeters: 5, accuracyMeters: undefined })
    expect(Math.abs(medianOf(sorted))).toBeLessThan(2)
    expect(worstOf(sorted)).toBeLessThan(4)
  })

  it('stays near where errors last half a minute', () => {
    const sorted = onCityWalks({ everySeconds: 3, noiseMeters: 5, driftSeconds: 30 })
    expect(Math.abs(medianOf(sorted))).toBeLessThan(4)
    expect(worstOf(sorted)).toBeLessThan(8)
  })

  it('is not moved by single points far off, nor by a cluster of them', () => {
    const sorted = onCityWalks({ everySeconds: 5, noiseMeters: 4 }, (points, seed) => {
      const random = randomOf(seed)
      const off = Math.floor(points.length / 2)
      return points.map((point, i) => {
        const alone = random() < 0.01
        const clustered = i >= off && i < off + 8
        return alone || clustered ? { ...point, lat: point.lat + 0.01, lng: point.lng - 0.02 } : point
      })
    })
    expect(worstOf(sorted)).toBeLessThan(5)
  })

  it('goes straight through a tunnel of 4 min', () => {
    const path = cityWalk({ minutes: 30, seed: 3, waits: false })
    const straight = path.map(({ seconds }) => ({ seconds, x: seconds * 1.35, y: 0, meters: seconds * 1.35 }))
    const points = received(straight, { everySeconds: 3, noiseMeters: 5, seed: 1 }).filter(
      ({ atMs }) => atMs < 600_000 || atMs > 840_000,
    )
    expect(Math.abs(walkedDistance(points)! / metersOf(straight) - 1)).toBeLessThan(0.04)
  })

  it.each([4, 10])('is the same when it is replayed %i times as fast', factor => {
    for (const seed of seeds) {
      const path = cityWalk({ minutes: 30, seed, waits: false })
      const points = received(path, { everySeconds: 5, noiseMeters: 3, seed })
      const hurried = points.map(point => ({ ...point, atMs: point.atMs / factor }))
      expect(Math.abs(walkedDistance(hurried)! / walkedDistance(points)! - 1)).toBeLessThan(0.03)
    }
  })

  it.each([0.8, 2.2, 3.5])('is right for somebody who goes %d m/s', speed => {
    const sorted = deviations(seed => {
      const path = cityWalk({ minutes: 20, seed, waits: false, speed })
      return {
        measured: walkedDistance(received(path, { everySeconds: 3, noiseMeters: 5, seed }))!,
        truth: metersOf(path),
      }
    })
    expect(Math.abs(medianOf(sorted))).toBeLessThan(4)
    expect(worstOf(sorted)).toBeLessThan(8)
  })
})

describe('standing still for 10 minutes', () => {
  it.each([
    [1, 5, 0],
    [1, 10, 0],
    [5, 5, 0],
    [5, 10, 0],
    [1, 5, 30],
    [5, 8, 30],
    [5, 8, 90],
  ])(
    'adds next to nothing: a point in %d s, %d m of noise that lasts %d s',
    (everySeconds, noiseMeters, driftSeconds) => {
      const added = seeds
        .map(
          seed => walkedDistance(received(standing(10), { everySeconds, noiseMeters, driftSeconds, seed }))!,
        )
        .sort((a, b) => a - b)
      expect(medianOf(added)).toBe(0)
      expect(added.at(-1)).toBeLessThan(60)
    },
  )

  it('in the middle of a walk adds next to nothing either', () => {
    const sorted = deviations(seed => {
      const before = cityWalk({ minutes: 10, seed, waits: false })
      const { x, y, seconds, meters } = before.at(-1)!
      const pause = standing(10).map(still => ({ seconds: seconds + still.seconds, x, y, meters }))
      const after = cityWalk({ minutes: 10, seed: seed + 50, waits: false }).map(point => ({
        seconds: seconds + 600 + point.seconds,
        x: x + point.x,
        y: y + point.y,
        meters: meters + point.meters,
      }))
      const path = [...before, ...pause.slice(1), ...after.slice(1)]
      return {
        measured: walkedDistance(received(path, { everySeconds: 3, noiseMeters: 8, seed }))!,
        truth: metersOf(path),
      }
    })
    expect(Math.abs(medianOf(sorted))).toBeLessThan(3)
    expect(worstOf(sorted)).toBeLessThan(6)
  })
})

describe('few points', () => {
  const north = (meters: number, seconds: number): MeasuredPoint => ({
    lat: 48 + meters / 111_195,
    lng: -20,
    atMs: seconds * 1000,
    accuracyMeters: 5,
  })

  it('say what they can', () => {
    expect(walkedDistance([])).toBeUndefined()
    expect(walkedDistance([north(0, 0)])).toBe(0)
    expect(walkedDistance([north(0, 0), north(30, 20)])).toBeCloseTo(30, 0)
    expect(walkedDistance([north(0, 0), north(30, 20), north(60, 40), north(90, 60)])).toBeCloseTo(90, -1)
    expect(walkedDistance([north(0, 0), north(0, 0), north(1, 0)])).toBe(0)
  })

  it('work across the date line and at the pole', () => {
    const points = (lat: number, lngs: number[]): MeasuredPoint[] =>
      lngs.map((lng, i) => ({ lat, lng, atMs: i * 30_000, accuracyMeters: 5 }))
    expect(walkedDistance(points(0, [179.9998, -179.9998]))).toBeCloseTo(44.5, 0)
    expect(walkedDistance(points(90, [0, 90]))).toBeCloseTo(0, 3)
  })
})

it('measures four hours of a point a second in less than half a second of computing', () => {
  const points = received(cityWalk({ minutes: 240, seed: 1, waits: true }), {
    everySeconds: 1,
    noiseMeters: 6,
    seed: 1,
  })
  walkedDistance(points)
  const before = process.cpuUsage()
  walkedDistance(points)
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(500)
})
