import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NumberMap } from './number-map.ts'

describe('number map', () => {
  test('it holds what a Map holds after any sequence of changes', () => {
    // Few keys that fall into few slots: entries displace each other and are moved up when one goes.
    const key = fc.integer({ min: 0, max: 40 }).map(n => n * 2 ** 30)
    const change = fc.record({ key, value: fc.option(fc.nat(), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400 }), changes => {
        const map = new NumberMap()
        const model = new Map<number, number>()
        for (const { key, value } of changes) {
          if (value === undefined) {
            map.delete(key)
            model.delete(key)
          } else {
            map.set(key, value)
            model.set(key, value)
          }
        }
        expect(map.size).toBe(model.size)
        for (let n = 0; n <= 40; n++) expect(map.get(n * 2 ** 30)).toBe(model.get(n * 2 ** 30) ?? -1)
      }),
    )
  })
})
