import type { Secret } from '@walking-buddy/service-kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hmacSeals } from './hmac-seals.ts'

const secretOf = (text: string): Secret => ({ reveal: () => text })
const seals = hmacSeals([secretOf('a'.repeat(32))])
const others = hmacSeals([secretOf('b'.repeat(32))])
const id = '01900000-0000-7000-8000-000000000001'
const userId = '01900000-0000-7000-8000-000000000002'

describe('refresh tokens', () => {
  test('are derived: the same session and serial give the same token', () => {
    expect(seals.refreshToken(id, 7)).toBe(seals.refreshToken(id, 7))
    expect(seals.readRefreshToken(seals.refreshToken(id, 7))).toEqual({ sessionId: id, serial: 7 })
  })

  test('of another secret, serial, session or purpose are not ours', () => {
    const token = seals.refreshToken(id, 7)
    expect(others.readRefreshToken(token)).toBeUndefined()
    expect(seals.readRefreshToken(token.replace('.7.', '.8.'))).toBeUndefined()
    expect(seals.readRefreshToken(token.replace('0001.', '0002.'))).toBeUndefined()
    expect(seals.readRefreshToken(seals.deviceToken(userId, id, new Date()))).toBeUndefined()
    expect(seals.readDeviceToken(token)).toBeUndefined()
  })

  test('have one spelling: no change of any character is taken', () => {
    const token = seals.refreshToken(id, 7)
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.string({ maxLength: 2, unit: 'binary' }), (at, inserted) => {
        const changed = token.slice(0, at) + inserted + token.slice(at + 1)
        if (changed !== token) expect(seals.readRefreshToken(changed)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  test('of the previous secret are still read, but no longer made', () => {
    const rotated = hmacSeals([secretOf('b'.repeat(32)), secretOf('a'.repeat(32))])
    expect(rotated.readRefreshToken(seals.refreshToken(id, 7))).toEqual({ sessionId: id, serial: 7 })
    expect(rotated.refreshToken(id, 7)).toBe(others.refreshToken(id, 7))
  })
})

test('device tokens carry account, device and time', () => {
  const issuedAt = new Date('2026-03-10T12:00:00Z')
  expect(seals.readDeviceToken(seals.deviceToken(userId, id, issuedAt))).toEqual({
    userId,
    deviceId: id,
    issuedAt,
  })
})

test('pseudonyms differ by purpose, parts and secret, and parts cannot be shifted into each other', () => {
  const all = [
    seals.pseudonym('a', 'x', 'y'),
    seals.pseudonym('a', 'xy'),
    seals.pseudonym('a', 'x","y'),
    seals.pseudonym('b', 'x', 'y'),
    others.pseudonym('a', 'x', 'y'),
  ]
  expect(new Set(all).size).toBe(all.length)
  expect(seals.pseudonym('a', 'x', 'y')).toBe(all[0])
})
