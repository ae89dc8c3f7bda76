import type { MeasuredPoint } from '../../src/domain/distance/walked-distance.ts'

/** Where a walker of known path is at a time, and how far they have walked by then. */
export interface Truth {
  seconds: number
  x: number
  y: number
  meters: number
}

/** Uniform numbers in [0, 1) that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const stepSeconds = 0.2

/** A walk through blocks of 40–150 m: rounded corners, a slight sway, and waiting at some of the corners. */
export function cityWalk(options: {
  minutes: number
  seed: number
  waits: boolean
  speed?: number
}): Truth[] {
  const random = randomOf(options.seed)
  const path: Truth[] = []
  let [x, y, heading, meters] = [0, 0, random() * 6, 0]
  let [left, waiting, turning] = [40 + random() * 110, 0, 0]
  for (let seconds = 0; seconds <= options.minutes * 60; seconds += stepSeconds) {
    path.push({ seconds, x, y, meters })
    if (waiting > 0) {
      waiting -= stepSeconds
      continue
    }
    const speed = (options.speed ?? 1.35) * (1 + 0.1 * Math.sin(seconds / 7))
    const turn = Math.sign(turning) * Math.min(Math.abs(turning), 0.9 * stepSeconds)
    turning -= turn
    heading += turn + 0.018 * stepSeconds * Math.sin(seconds / 9)
    x += speed * stepSeconds * Math.cos(heading)
    y += speed * stepSeconds * Math.sin(heading)
    meters += speed * stepSeconds
    left -= speed * stepSeconds
    if (left > 0) continue
    left = 40 + random() * 110
    turning = ((random() < 0.5 ? -1 : 1) * Math.PI) / (random() < 0.2 ? 4 : 2)
    if (options.waits && random() < 0.4) waiting = 10 + random() * 50
  }
  return path
}

/** Nobody moves. */
export const standing = (minutes: number): Truth[] =>
  Array.from({ length: (minutes * 60) / stepSeconds + 1 }, (_, i) => ({
    seconds: i * stepSeconds,
    x: 0,
    y: 0,
    meters: 0,
  }))

export interface Reception {
  everySeconds: number
  /** Standard deviation along each axis. */
  noiseMeters: number
  /** How long an error lasts: 0 for errors that have nothing to do with each other. */
  driftSeconds?: number
  /** What the phone says of its accuracy; by default 1.5 times the noise. */
  accuracyMeters?: number | undefined
  seed: number
}

const metersPerDegree = 111_195.08
const origin = { lat: 48, lng: -20 }

/** What a phone makes of it. */
export function received(path: readonly Truth[], reception: Reception): MeasuredPoint[] {
  const { everySeconds, noiseMeters, driftSeconds = 0 } = reception
  const accuracyMeters = 'accuracyMeters' in reception ? reception.accuracyMeters : noiseMeters * 1.5
  const random = randomOf(reception.seed)
  const error = { x: noiseMeters * normal(random), y: noiseMeters * normal(random) }
  const kept = driftSeconds > 0 ? Math.exp(-everySeconds / driftSeconds) : 0
  const fresh = Math.sqrt(1 - kept ** 2) * noiseMeters
  return path
    .filter((_, i) => i % Math.round(everySeconds / stepSeconds) === 0)
    .map(({ x, y, seconds }) => {
      error.x = kept * error.x + fresh * normal(random)
      error.y = kept * error.y + fresh * normal(random)
      return {
        lat: origin.lat + (y + error.y) / metersPerDegree,
        lng: origin.lng + (x + error.x) / (metersPerDegree * Math.cos((origin.lat * Math.PI) / 180)),
        atMs: seconds * 1000,
        accuracyMeters,
      }
    })
}
