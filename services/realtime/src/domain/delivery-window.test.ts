import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliveryWindow } from './delivery-window.ts'

test('whatever the order of confirmations, what counts as confirmed has no gap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.array(fc.nat(80)), (count, confirmations) => {
      const window = deliveryWindow(100, 64)
      for (let seq = 101; seq <= 100 + count; seq++) window.send(seq)
      const confirmed = new Set<number>()
      for (const offset of confirmations) {
        window.confirm(100 + offset)
        confirmed.add(100 + offset)
        let expected = 100
        while (expected < window.sent && confirmed.has(expected + 1)) expected++
        expect(window.confirmed).toBe(expected)
      }
    }),
  )
})

test('a client that confirms nothing gets no more than the window holds', () => {
  const window = deliveryWindow(0, 2)
  window.send(1)
  window.send(2)
  expect(window.room).toBe(0)
  expect(() => window.send(3)).toThrow(RangeError)
  window.confirm(2)
  window.send(3)
  expect(window.confirmed).toBe(0)
})

test('an event is never sent out of its order, nor twice', () => {
  const window = deliveryWindow(7, 8)
  expect(() => window.send(9)).toThrow(RangeError)
  window.send(8)
  expect(() => window.send(8)).toThrow(RangeError)
})
