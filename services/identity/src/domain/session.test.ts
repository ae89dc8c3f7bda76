import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exchange, isAlive, newSession, type Session } from './session.ts'

const start = new Date('2026-03-10T12:00:00Z')
const hoursLater = (hours: number) => new Date(start.getTime() + hours * 3_600_000)
const session = newSession('s', 'u', start)
const must = (next: Session | undefined): Session => {
  if (!next) throw new Error('the token was refused')
  return next
}

describe('exchange', () => {
  test('the newest token gives its successor', () => {
    expect(must(exchange(session, 1, start)).newestSerial).toBe(2)
  })

  test('while the newest is unused its predecessor gives another in its place, and the replaced one is refused', () => {
    const second = must(exchange(session, 1, start))
    const third = must(exchange(second, 1, hoursLater(1)))
    expect(third.newestSerial).toBe(3)
    expect(exchange(third, 2, hoursLater(2))).toBeUndefined()
    expect(must(exchange(third, 3, hoursLater(2))).newestSerial).toBe(4)
  })

  test('once the newest has been used its predecessor is refused', () => {
    const third = must(exchange(must(exchange(session, 1, start)), 2, hoursLater(1)))
    expect(exchange(third, 1, hoursLater(1))).toBeUndefined()
  })

  test('a predecessor is good for a day from its first use, however often it was used', () => {
    let current = must(exchange(session, 1, start))
    current = must(exchange(current, 1, hoursLater(20)))
    current = must(exchange(current, 1, hoursLater(24)))
    expect(exchange(current, 1, hoursLater(24.1))).toBeUndefined()
  })

  test('of all serials ever given out at most two are good at any time: the newest, and what it was given for', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ pick: fc.nat(), hours: fc.nat(30) }), { maxLength: 30 }), steps => {
        let current = session
        let givenFor: number | undefined
        let hours = 0
        for (const step of steps) {
          hours += step.hours
          const serial = (step.pick % current.newestSerial) + 1
          const next = exchange(current, serial, hoursLater(hours))
          if (serial === current.newestSerial) expect(next).toBeDefined()
          else if (serial !== givenFor) expect(next).toBeUndefined()
          if (!next) continue
          expect(next.newestSerial).toBe(current.newestSerial + 1)
          givenFor = serial
          current = next
        }
      }),
    )
  })
})

test('a session ends by itself after 90 days without use', () => {
  expect(isAlive(session, hoursLater(90 * 24 - 1))).toBe(true)
  expect(isAlive(session, hoursLater(90 * 24))).toBe(false)
})
