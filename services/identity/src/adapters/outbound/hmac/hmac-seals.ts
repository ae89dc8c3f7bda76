import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@walking-buddy/service-kit'
import type { Seals } from '../../../application/ports.ts'

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const mac = '[\\w-]{43}'
const refreshPattern = new RegExp(`^((${uuid})\\.([1-9]\\d{0,9}))\\.(${mac})$`)
const devicePattern = new RegExp(`^((${uuid})\\.(${uuid})\\.(\\d{1,12}))\\.(${mac})$`)

/**
 * Tokens and pseudonyms by HMAC-SHA256, with a key of its own for each purpose.
 * @param secrets the first seals; the others are still read, so that a secret can be replaced without signing
 *   everyone out
 */
export function hmacSeals(secrets: readonly [Secret, ...Secret[]]): Seals {
  const keysOf = (purpose: string) =>
    secrets.map(secret =>
      Buffer.from(hkdfSync('sha256', secret.reveal(), '', `walking-buddy identity ${purpose}`, 32)),
    )
  const refreshKeys = keysOf('refresh token')
  const deviceKeys = keysOf('device token')
  const pseudonymKey = keysOf('pseudonym')[0]!

  const sealed = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64url')
  const isGenuine = (keys: readonly Buffer[], text: string, seal: string): boolean =>
    keys.map(key => timingSafeEqual(Buffer.from(sealed(key, text)), Buffer.from(seal))).includes(true)

  return {
    refreshToken(sessionId, serial) {
      const text = `${sessionId}.${serial}`
      return `${text}.${sealed(refreshKeys[0]!, text)}`
    },
    readRefreshToken(token) {
      const [, text = '', sessionId = '', serial, seal = ''] = refreshPattern.exec(token) ?? []
      return text && isGenuine(refreshKeys, text, seal) ? { sessionId, serial: Number(serial) } : undefined
    },
    deviceToken(userId, deviceId, issuedAt) {
      const text = `${userId}.${deviceId}.${Math.floor(issuedAt.getTime() / 1_000)}`
      return `${text}.${sealed(deviceKeys[0]!, text)}`
    },
    readDeviceToken(token) {
      const [, text = '', userId = '', deviceId = '', issued, seal = ''] = devicePattern.exec(token) ?? []
      return text && isGenuine(deviceKeys, text, seal)
        ? { userId, deviceId, issuedAt: new Date(Number(issued) * 1_000) }
        : undefined
    },
    pseudonym: (purpose, ...parts) => sealed(pseudonymKey, JSON.stringify([purpose, ...parts])),
  }
}
