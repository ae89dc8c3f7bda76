import { ExactPosition } from '@walking-buddy/exact-position'
import type { Sighting } from '../../../domain/sighting.ts'

const version = 1
const length = 1 + 8 * 8

/** A sighting as it rests in Redis: a version byte and eight doubles. */
export function bytesOf({ position, accuracyMeters, recordedAtMs, receivedAtMs, stay }: Sighting): Buffer {
  const { lat, lng } = position.reveal()
  const anchor = stay.anchor.reveal()
  const bytes = Buffer.allocUnsafe(length)
  bytes[0] = version
  let offset = 1
  for (const number of [
    lat,
    lng,
    accuracyMeters ?? Number.NaN,
    recordedAtMs,
    receivedAtMs,
    anchor.lat,
    anchor.lng,
    stay.sinceMs,
  ])
    offset = bytes.writeDoubleLE(number, offset)
  return bytes
}

/** Undefined for bytes of another version: like no sighting. */
export function sightingOf(bytes: Buffer): Sighting | undefined {
  if (bytes.length !== length || bytes[0] !== version) return undefined
  const number = (i: number): number => bytes.readDoubleLE(1 + 8 * i)
  const accuracyMeters = number(2)
  return {
    position: new ExactPosition(number(0), number(1)),
    accuracyMeters: Number.isNaN(accuracyMeters) ? undefined : accuracyMeters,
    recordedAtMs: number(3),
    receivedAtMs: number(4),
    stay: { anchor: new ExactPosition(number(5), number(6)), sinceMs: number(7) },
  }
}
