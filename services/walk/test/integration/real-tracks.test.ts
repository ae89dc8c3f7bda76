import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type MeasuredPoint, walkedDistance } from '../../src/domain/distance/walked-distance.ts'
import { normal, randomOf } from '../support/synthetic-walk.ts'

/** GPS points of two people (GeoLife), not part of the repository. */
const file = new URL('../../../../../shared/data/geolife/geolife_sample.txt.gz', import.meta.url)
const present = existsSync(file)
if (!present) console.warn('skipped: real tracks are not here (../shared/data/geolife)')

const metersPerDegree = 111_195.08

function stepMeters(a: MeasuredPoint, b: MeasuredPoint): number {
  const east = (b.lng - a.lng) * Math.cos((a.lat * Math.PI) / 180)
  return Math.hypot(b.lat - a.lat, east) * metersPerDegree
}

const lengthOf = (points: readonly MeasuredPoint[]): number =>
  points.slice(1).reduce((sum, point, i) => sum + stepMeters(points[i]!, point), 0)

/** Trips, each without a silence of more than a minute. */
function trips(): MeasuredPoint[][] {
  const rows = gunzipSync(readFileSync(file)).toString().trim().split('\n').slice(1)
  const result: MeasuredPoint[][] = []
  let trip: MeasuredPoint[] = []
  let who = ''
  for (const row of rows) {
    const [lat, lng, datetime, uid] = row.split(',') as [string, string, string, string]
    const atMs = Date.parse(`${datetime.replace(' ', 'T')}Z`)
    const silence = atMs - (trip.at(-1)?.atMs ?? atMs)
    if (uid !== who || silence > 60_000 || silence < 0) {
      result.push(trip)
      trip = []
    }
    who = uid
    if (silence > 0 || trip.length === 0)
      trip.push({ lat: Number(lat), lng: Number(lng), atMs, accuracyMeters: undefined })
  }
  return [...result, trip]
}

/**
 * Stretches of at least 8 min on which somebody surely walks: each minute at 0.8 to 2.2 m/s, getting somewhere (so
 * that the raw length is not itself jitter), and no step faster than a run.
 */
function walkingStretches(): MeasuredPoint[][] {
  const stretches: MeasuredPoint[][] = []
  for (const trip of trips()) {
    const meters = [0]
    for (let i = 1; i < trip.length; i++) meters.push(meters[i - 1]! + stepMeters(trip[i - 1]!, trip[i]!))
    let stretch: MeasuredPoint[] = []
    let to = 0
    for (let from = 0; from < trip.length; from++) {
      while (to < trip.length - 1 && trip[to]!.atMs - trip[from]!.atMs < 60_000) to++
      const seconds = (trip[to]!.atMs - trip[from]!.atMs) / 1000
      const walked = meters[to]! - meters[from]!
      const speed = walked / seconds
      const step =
        from === 0
          ? 0
          : (meters[from]! - meters[from - 1]!) / ((trip[from]!.atMs - trip[from - 1]!.atMs) / 1000)
      const walks =
        seconds >= 55 && speed >= 0.8 && speed <= 2.2 && stepMeters(trip[from]!, trip[to]!) > walked / 2
      if (walks && step < 4.5) stretch.push(trip[from]!)
      else {
        stretches.push(stretch)
        stretch = []
      }
    }
    stretches.push(stretch)
  }
  return stretches.filter(points => points.length > 0 && points.at(-1)!.atMs - points[0]!.atMs >= 480_000)
}

function jittered(points: readonly MeasuredPoint[], meters: number, seed: number): MeasuredPoint[] {
  const random = randomOf(seed)
  return points.map(point => ({
    ...point,
    lat: point.lat + (meters * normal(random)) / metersPerDegree,
    lng: point.lng + (meters * normal(random)) / (metersPerDegree * Math.cos((point.lat * Math.PI) / 180)),
    accuracyMeters: meters * 1.5,
  }))
}

describe.skipIf(!present)('on real walks', () => {
  const walks = present ? walkingStretches() : []
  const deviations = (change: (points: MeasuredPoint[], seed: number) => MeasuredPoint[]): number[] =>
    walks
      .map((points, seed) => (walkedDistance(change(points, seed))! / lengthOf(points) - 1) * 100)
      .sort((a, b) => a - b)
  const show = (what: string, sorted: readonly number[]): string => {
    const at = (part: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!.toFixed(1)
    return `${what}: ${sorted.length} walks, deviation in % min ${at(0)} p10 ${at(0.1)} median ${at(0.5)} p90 ${at(0.9)} max ${at(1)}`
  }

  it('the measured distance is within 3 % of the track’s own length', () => {
    expect(walks.length).toBeGreaterThanOrEqual(15)
    const sorted = deviations(points => points)
    console.info(show('as recorded', sorted))
    expect(Math.abs(sorted[sorted.length >> 1]!)).toBeLessThan(1.5)
    expect(
      sorted.filter(deviation => Math.abs(deviation) <= 3).length / sorted.length,
    ).toBeGreaterThanOrEqual(0.85)
    expect(Math.max(...sorted.map(Math.abs))).toBeLessThan(8)
  })

  it('and so it is for all walks together', () => {
    const measured = walks.reduce((sum, points) => sum + walkedDistance(points)!, 0)
    const reference = walks.reduce((sum, points) => sum + lengthOf(points), 0)
    expect(Math.abs(measured / reference - 1)).toBeLessThan(0.02)
  })

  it.each([4, 10])('a replay %i times as fast measures the same', factor => {
    const sorted = deviations(points => points.map(point => ({ ...point, atMs: point.atMs / factor })))
    console.info(show(`${factor} times as fast`, sorted))
    expect(Math.abs(sorted[sorted.length >> 1]!)).toBeLessThan(2.5)
  })

  it.each([
    [5, 2, 25],
    [8, 3, 60],
    [10, 4, 80],
  ])(
    'with %d m of noise on top it stays near, where summed steps are far off',
    (meters, median, summedAbove) => {
      const sorted = deviations((points, seed) => jittered(points, meters, seed))
      const summed = walks.map(
        (points, seed) => (lengthOf(jittered(points, meters, seed)) / lengthOf(points) - 1) * 100,
      )
      console.info(show(`${meters} m of noise on top`, sorted))
      expect(Math.abs(sorted[sorted.length >> 1]!)).toBeLessThan(median)
      expect(Math.min(...summed)).toBeGreaterThan(summedAbove)
    },
  )
})
