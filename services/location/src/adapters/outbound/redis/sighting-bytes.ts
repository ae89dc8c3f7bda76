import { ExactPosition } from '@walking-buddy/exact-position'
import type { Sighting } from '../../../domain/sighting.ts'

/** A sighting as it rests in Redis: a version byte and eight doubles. All zeros stand for none. */
export const sightingBytes = 1 + 8 * 8
const version = 1

export function writeSighting(sighting: Sighting, bytes: Buffer, offset: number): void {
  const { lat, lng } = sighting.position.reveal()
  const anchor = sighting.stay.anchor.reveal()
  bytes[offset] = version
  bytes.writeDoubleLE(lat, offset + 1)
  bytes.writeDoubleLE(lng, offset + 9)
  bytes.writeDoubleLE(sighting.accuracyMeters ?? Number.NaN, offset + 17)
  bytes.writeDoubleLE(sighting.recordedAtMs, offset + 25)
  bytes.writeDoubleLE(sighting.receivedAtMs, offset + 33)
  bytes.writeDoubleLE(anchor.lat, offset + 41)
  bytes.writeDoubleLE(anchor.lng, offset + 49)
  bytes.writeDoubleLE(sighting.stay.sinceMs, offset + 57)
}

/** Undefined for none, and for bytes of another version: they are replaced by the next position. */
export function readSighting(bytes: Buffer, offset: number): Sighting | undefined {
  if (bytes[offset] !== version) return undefined
  const accuracyMeters = bytes.readDoubleLE(offset + 17)
  return {
    position: new ExactPosition(bytes.readDoubleLE(offset + 1), bytes.readDoubleLE(offset + 9)),
    accuracyMeters: Number.isNaN(accuracyMeters) ? undefined : accuracyMeters,
    recordedAtMs: bytes.readDoubleLE(offset + 25),
    receivedAtMs: bytes.readDoubleLE(offset + 33),
    stay: {
      anchor: new ExactPosition(bytes.readDoubleLE(offset + 41), bytes.readDoubleLE(offset + 49)),
      sinceMs: bytes.readDoubleLE(offset + 57),
    },
  }
}
