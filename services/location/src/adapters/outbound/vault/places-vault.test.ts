import { randomBytes } from 'node:crypto'
import { cellAt } from '@walking-buddy/cells'
import { ExactPosition } from '@walking-buddy/exact-position'
import { secret } from '@walking-buddy/service-kit'
import { expect, test, vi } from 'vitest'
import type { Places } from '../../../domain/places.ts'
import { placesVault, type VaultKey } from './places-vault.ts'

const key = (id: string): VaultKey => ({ id, key: secret().parse(randomBytes(32).toString('base64')) })
const places: Places = [
  {
    center: new ExactPosition(48.0123, -20.0456),
    cell: cellAt(48.0123, -20.0456, 200),
    densityVersion: 'd',
    remembered: true,
    usedAtMs: 7,
  },
]
const plain = (some: Places) => some.map(({ center, ...place }) => ({ ...place, ...center.reveal() }))

test('what was sealed opens again, and never looks the same twice', () => {
  const vault = placesVault([key('k1')], vi.fn())
  const [one, two] = [vault.seal('ann', places)!, vault.seal('ann', places)!]
  expect(plain(vault.open('ann', one))).toEqual(plain(places))
  expect(one.bytes.equals(two.bytes)).toBe(false)
  expect(vault.seal('ann', [])).toBeNull()
})

test('somebody else’s places, or damaged ones, count as none and are told of', () => {
  const damaged = vi.fn()
  const vault = placesVault([key('k1')], damaged)
  const sealed = vault.seal('ann', places)!
  expect(vault.open('ben', sealed)).toEqual([])
  sealed.bytes[sealed.bytes.length - 1]! ^= 1
  expect(vault.open('ann', sealed)).toEqual([])
  expect(vault.open('ann', { keyId: 'k1', bytes: Buffer.alloc(3) })).toEqual([])
  expect(damaged).toHaveBeenCalledTimes(3)
})

test('a new key seals, an old one still opens, and without it nothing is taken for damaged', () => {
  const [older, newer] = [key('k1'), key('k2')]
  const sealed = placesVault([older], vi.fn()).seal('ann', places)!
  const both = placesVault([newer, older], vi.fn())
  expect(plain(both.open('ann', sealed))).toEqual(plain(places))
  expect(both.seal('ann', places)!.keyId).toBe('k2')
  expect(() => placesVault([newer], vi.fn()).open('ann', sealed)).toThrow(
    expect.objectContaining({ code: 'places-key-missing' }),
  )
})
