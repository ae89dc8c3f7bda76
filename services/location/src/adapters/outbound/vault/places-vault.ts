import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { cellToken, parseCellToken } from '@walking-buddy/cells'
import { unavailable } from '@walking-buddy/errors'
import { ExactPosition } from '@walking-buddy/exact-position'
import type { Secret } from '@walking-buddy/service-kit'
import type { Place, Places } from '../../../domain/places.ts'

/** Remembered places as they rest: nobody reads them without the key, nor as somebody else's. */
export interface PlacesVault {
  /** Ids of the keys that can open. */
  readonly keyIds: readonly string[]
  /** By the present key; null for no places. */
  seal(userId: string, places: Places): SealedPlaces | null
  /**
   * Bytes that are not what was sealed for that person count as no places.
   * @throws AppError unavailable `places-key-missing`
   */
  open(userId: string, sealed: SealedPlaces): Places
}

export interface SealedPlaces {
  keyId: string
  bytes: Buffer
}

export interface VaultKey {
  id: string
  /** 32 bytes in base64. */
  key: Secret
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM; the first key seals, the others open what was sealed before. A new key is added behind the first
 * everywhere before it takes its place anywhere.
 */
export function placesVault(
  keys: readonly [VaultKey, ...VaultKey[]],
  damaged: (error: unknown) => void,
): PlacesVault {
  const byId = new Map(keys.map(({ id, key }) => [id, Buffer.from(key.reveal(), 'base64')]))
  const present = keys[0].id
  const keyOf = (id: string): Buffer => {
    const key = byId.get(id)
    if (!key) throw unavailable('places-key-missing', `There is no key ${id} for remembered places.`)
    return key
  }

  return {
    keyIds: [...byId.keys()],
    seal(userId, places) {
      if (places.length === 0) return null
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, keyOf(present), nonce).setAAD(aadOf(userId))
      const text = Buffer.concat([cipher.update(JSON.stringify(places.map(written)), 'utf8'), cipher.final()])
      return { keyId: present, bytes: Buffer.concat([nonce, cipher.getAuthTag(), text]) }
    },
    open(userId, { keyId, bytes }) {
      const key = keyOf(keyId)
      try {
        const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes)
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        })
          .setAAD(aadOf(userId))
          .setAuthTag(tag)
        const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()])
        return (JSON.parse(text.toString('utf8')) as WrittenPlace[]).map(read)
      } catch (error) {
        damaged(error)
        return []
      }
    },
  }
}

const aadOf = (userId: string): Buffer => Buffer.from(`places:${userId}`)

type WrittenPlace = [
  lat: number,
  lng: number,
  cell: string,
  densityVersion: string,
  remembered: boolean,
  usedAtMs: number,
]

function written({ center, cell, densityVersion, remembered, usedAtMs }: Place): WrittenPlace {
  const { lat, lng } = center.reveal()
  return [lat, lng, cellToken(cell), densityVersion, remembered, usedAtMs]
}

const read = ([lat, lng, cell, densityVersion, remembered, usedAtMs]: WrittenPlace): Place => ({
  center: new ExactPosition(lat, lng),
  cell: parseCellToken(cell),
  densityVersion,
  remembered,
  usedAtMs,
})
