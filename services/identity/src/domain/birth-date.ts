import { forbidden, invalid } from '@walking-buddy/errors'

const adultAge = 18
const oldestAge = 120

/** Whole years on the day of `at` in UTC; `birthDate` is `YYYY-MM-DD`. Who is born on 29 February ages on 1 March. */
export function ageOn(birthDate: string, at: Date): number {
  const today = at.toISOString().slice(0, 10)
  const years = yearOf(today) - yearOf(birthDate)
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years
}

/** The age that others see: it turns on the 1st of the birth month, so that it does not tell the birthday. */
export const publicAgeOn = (birthDate: string, at: Date): number => ageOn(`${birthDate.slice(0, 7)}-01`, at)

export const yearOf = (date: string): number => Number(date.slice(0, 4))
export const monthOf = (date: string): number => Number(date.slice(5, 7))

/** @throws AppError invalid for a day to come or more than 120 years ago; forbidden `too-young` under 18 */
export function assertAdult(birthDate: string, at: Date): void {
  const age = ageOn(birthDate, at)
  if (age < 0 || age > oldestAge)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'body.birthDate', message: 'must be the birth date of a living person' }],
    })
  if (age < adultAge) throw forbidden('too-young', `Walking Buddy is for people of ${adultAge} and older.`)
}
