import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Suitability } from './suitability.ts'
import { ageIn, genders, monthOf, paces, packTraits, type Traits, unpackTraits } from './traits.ts'

const month = monthOf(Date.UTC(2026, 4, 20))
const anna: Traits = {
  birthYear: 1990,
  birthMonth: 5,
  gender: 'female',
  pace: 'moderate',
  searchRadiusMeters: 3_000,
  ageRangeMin: 30,
  ageRangeMax: 45,
  genderPreference: 'any',
}
const ben: Traits = { ...anna, gender: 'male', birthMonth: 6, birthYear: 1988 }

const words = new Uint32Array(4)
function pair(a: Traits, b: Traits) {
  packTraits(words, 0, a)
  packTraits(words, 2, b)
  const [a0, a1, b0, b1] = words as unknown as [number, number, number, number]
  return { a0, a1, b0, b1 }
}

function suit(a: Traits, b: Traits, distanceMeters = 1_000, at = month): boolean {
  const { a0, a1, b0, b1 } = pair(a, b)
  const suitability = new Suitability()
  suitability.aim(a0, a1, at, Number.POSITIVE_INFINITY)
  return suitability.admits(b0, b1, distanceMeters)
}

function agreement(a: Traits, b: Traits): number {
  const { a0, a1, b0, b1 } = pair(a, b)
  const suitability = new Suitability()
  suitability.aim(a0, a1, month, Number.POSITIVE_INFINITY)
  return suitability.agreement(b0, b1)
}

const traits = fc.record<Traits>({
  birthYear: fc.integer({ min: 1925, max: 2008 }),
  birthMonth: fc.integer({ min: 1, max: 12 }),
  gender: fc.constantFrom(...genders, null),
  pace: fc.constantFrom(...paces, 'any' as const),
  searchRadiusMeters: fc.integer({ min: 200, max: 20_000 }),
  ageRangeMin: fc.integer({ min: 18, max: 60 }),
  ageRangeMax: fc.integer({ min: 40, max: 120 }),
  genderPreference: fc.constantFrom('any' as const, ...genders),
})

describe('suitability', () => {
  test('who suits is suited: every rule holds both ways', () => {
    fc.assert(
      fc.property(traits, traits, fc.nat(20_000), (a, b, distance) => {
        expect(suit(a, b, distance)).toBe(suit(b, a, distance))
        expect(agreement(a, b)).toBe(agreement(b, a))
      }),
      { numRuns: 2_000 },
    )
  })

  test('each has to be within the radius of the other, to the metre', () => {
    const near = { ...ben, searchRadiusMeters: 999 }
    expect(suit(anna, ben, 3_000)).toBe(true)
    expect(suit(anna, ben, 3_001)).toBe(false)
    expect(suit(anna, near, 999)).toBe(true)
    expect(suit(anna, near, 1_000)).toBe(false)
  })

  test('a pace that is named is meant, any suits all', () => {
    expect(suit(anna, { ...ben, pace: 'brisk' })).toBe(false)
    expect(suit(anna, { ...ben, pace: 'slow' })).toBe(false)
    expect(suit(anna, { ...ben, pace: 'any' })).toBe(true)
    expect(suit({ ...anna, pace: 'any' }, { ...ben, pace: 'slow' })).toBe(true)
  })

  test('a gender that is not told suits only those who accept anyone', () => {
    expect(suit(anna, { ...ben, gender: null })).toBe(true)
    for (const wanted of genders)
      expect(suit({ ...anna, genderPreference: wanted }, { ...ben, gender: null })).toBe(false)
    expect(suit({ ...anna, genderPreference: 'male' }, ben)).toBe(true)
    expect(suit(anna, { ...ben, genderPreference: 'male' })).toBe(false)
  })

  test('ages count as others see them: they turn on the 1st of the birth month', () => {
    const turningThirty = { ...ben, birthYear: 1996, birthMonth: 6 }
    expect(suit(anna, turningThirty, 1_000, monthOf(Date.UTC(2026, 4, 31, 23, 59)))).toBe(false)
    expect(suit(anna, turningThirty, 1_000, monthOf(Date.UTC(2026, 5, 1)))).toBe(true)
    const fortyFive = { ...ben, birthYear: 1980, birthMonth: 6 }
    expect(suit(anna, fortyFive, 1_000, monthOf(Date.UTC(2026, 4, 31)))).toBe(true)
    expect(suit(anna, fortyFive, 1_000, monthOf(Date.UTC(2026, 5, 1)))).toBe(false)
  })

  test('agreement: the same pace is worth as much as being within five years', () => {
    expect(agreement(anna, { ...ben, birthYear: 1994 })).toBe(4)
    expect(agreement(anna, { ...ben, birthYear: 1999 })).toBe(3)
    expect(agreement(anna, { ...ben, birthYear: 1960 })).toBe(2)
    expect(agreement(anna, { ...ben, pace: 'any', birthYear: 1994 })).toBe(2)
    expect(agreement(anna, { ...ben, pace: 'any', birthYear: 1960 })).toBe(0)
  })

  test('packing keeps every trait', () => {
    fc.assert(
      fc.property(traits, given => {
        packTraits(words, 0, given)
        expect(unpackTraits(words, 0)).toEqual(given)
      }),
    )
    expect(ageIn(monthOf(Date.UTC(2026, 0, 31)), monthOf(Date.UTC(2000, 1, 1)))).toBe(25)
  })
})
