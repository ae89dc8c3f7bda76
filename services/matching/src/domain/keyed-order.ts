import { createHmac } from 'node:crypto'

/** Two 32-bit numbers of a person that nobody without the key can guess, the same on every instance. */
export interface KeyedOrder {
  seenAs: number
  looksAs: number
}

/** @param key the same for all instances; it decides nothing but ties */
export const keyedOrder =
  (key: Uint8Array) =>
  (userId: string): KeyedOrder => {
    const digest = createHmac('sha256', key).update(userId).digest()
    return { seenAs: digest.readUInt32LE(0), looksAs: digest.readUInt32LE(4) }
  }
