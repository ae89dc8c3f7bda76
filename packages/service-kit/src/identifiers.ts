import { randomBytes, randomInt } from 'node:crypto'

/** Randomness as a dependency, so that a failing seed replays. */
export interface Identifiers {
  /** A UUID of version 7 (RFC 9562) for the given wall time in ms. */
  uuid(nowMs: number): string
  /** `length` unguessable bytes. */
  bytes(length: number): Buffer
  /** An integer in [0, bound). */
  below(bound: number): number
}

export const systemIdentifiers: Identifiers = {
  uuid: nowMs => {
    const bytes = randomBytes(16)
    bytes.writeUIntBE(nowMs, 0, 6)
    bytes[6] = 0x70 | (bytes[6]! & 0x0f)
    bytes[8] = 0x80 | (bytes[8]! & 0x3f)
    const hex = bytes.toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  },
  bytes: length => randomBytes(length),
  below: bound => randomInt(bound),
}
