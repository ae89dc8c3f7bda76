import { distanceMeters, type LatLng } from '@walking-buddy/cells'
import type { Random } from './random.ts'

/** Someone on the way along a line, at a speed in metres a second. */
export interface Journey {
  /** Where they are after `seconds` more. */
  advance(seconds: number): LatLng
  /** Where they are now. */
  at(): LatLng
  done(): boolean
}

/** Walks the line once, from its first point to its last. */
export function journey(line: readonly LatLng[], metersPerSecond: number): Journey {
  let leg = 0
  let along = 0
  let position = line[0]!
  return {
    at: () => position,
    done: () => leg >= line.length - 1,
    advance(seconds) {
      let left = metersPerSecond * seconds
      while (leg < line.length - 1 && left > 0) {
        const [from, to] = [line[leg]!, line[leg + 1]!]
        const length = distanceMeters(from, to)
        if (along + left < length) {
          along += left
          left = 0
        } else {
          left -= length - along
          along = 0
          leg += 1
        }
        const share =
          length === 0 || leg >= line.length - 1
            ? 0
            : along / Math.max(distanceMeters(line[leg]!, line[leg + 1]!), 1e-9)
        const [start, end] = [line[leg]!, line[Math.min(leg + 1, line.length - 1)]!]
        position = {
          lat: start.lat + (end.lat - start.lat) * share,
          lng: start.lng + (end.lng - start.lng) * share,
        }
      }
      return position
    },
  }
}

const metersPerDegree = 111_195

/** What a phone's receiver makes of a position: some metres off. */
export function jittered(at: LatLng, sigmaMeters: number, random: Random): LatLng {
  return {
    lat: at.lat + random.gaussian(sigmaMeters) / metersPerDegree,
    lng: at.lng + random.gaussian(sigmaMeters) / (metersPerDegree * Math.cos((at.lat * Math.PI) / 180)),
  }
}
