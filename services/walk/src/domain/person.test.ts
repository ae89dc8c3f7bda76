import { expect, it } from 'vitest'
import { ageOf } from './person.ts'

const person = {
  userId: 'u',
  version: 1,
  username: 'anna',
  birthYear: 1990,
  birthMonth: 6,
  profilePhotoUrl: null,
}

it('turns on the 1st of the birth month', () => {
  expect(ageOf(person, new Date('2026-05-31T23:59:59Z'))).toBe(35)
  expect(ageOf(person, new Date('2026-06-01T00:00:00Z'))).toBe(36)
})
