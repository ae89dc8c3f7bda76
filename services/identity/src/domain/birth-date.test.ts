import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ageOn, assertAdult, publicAgeOn } from './birth-date.ts'

const now = new Date('2026-03-10T12:00:00Z')
const days = (from: string, to: string) =>
  fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true })
const dateOf = (instant: Date) => instant.toISOString().slice(0, 10)

describe('age', () => {
  test('turns on the birthday, to the day', () => {
    expect(ageOn('2008-03-10', now)).toBe(18)
    expect(ageOn('2008-03-11', now)).toBe(17)
  })

  test('who is born on 29 February ages on 1 March of other years', () => {
    expect(ageOn('2008-02-29', new Date('2026-02-28T23:59:59Z'))).toBe(17)
    expect(ageOn('2008-02-29', new Date('2026-03-01T00:00:00Z'))).toBe(18)
  })

  test('that others see is the same for everyone born in a month, and at most a year more', () => {
    fc.assert(
      fc.property(days('1910-01-01', '2008-01-01'), days('2026-01-01', '2030-01-01'), (birth, at) => {
        const birthDate = dateOf(birth)
        const shown = publicAgeOn(birthDate, at)
        expect(shown).toBe(publicAgeOn(`${birthDate.slice(0, 7)}-28`, at))
        expect(shown - ageOn(birthDate, at)).toBeOneOf([0, 1])
      }),
    )
  })
})

describe('registration', () => {
  test('18 or older may come, to the day', () => {
    expect(() => assertAdult('2008-03-10', now)).not.toThrow()
    expect(() => assertAdult('2008-03-11', now)).toThrow(
      expect.objectContaining({ kind: 'forbidden', code: 'too-young' }),
    )
  })

  test.each(['2026-03-11', '1905-03-10', '0001-01-01'])('%s is nobody’s birth date', birthDate =>
    expect(() => assertAdult(birthDate, now)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        faults: [expect.objectContaining({ path: 'body.birthDate' })],
      }),
    ),
  )
})
