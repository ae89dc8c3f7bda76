import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BucketTable } from './bucket-table.ts'

describe('bucket table', () => {
  test('it holds what a Map holds after any sequence of changes', () => {
    // Few places that fall into few slots: entries displace each other and are moved up when one goes.
    const place = fc.integer({ min: 0, max: 60 }).map(n => n * 3)
    const change = fc.record({ place, value: fc.option(fc.nat(1_000), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 500 }), changes => {
        const table = new BucketTable()
        const model = new Map<number, number>()
        for (const { place, value } of changes) {
          const slot = table.find(place)
          expect(slot >= 0).toBe(model.has(place))
          if (value !== undefined) table.set(slot < 0 ? table.add(place) : slot, value, value + 1, value + 2)
          else if (slot >= 0) table.remove(place)
          if (value === undefined) model.delete(place)
          else model.set(place, value)
        }
        for (let place = 0; place <= 180; place++) {
          const slot = table.find(place)
          const value = model.get(place)
          if (value === undefined) expect(slot).toBe(-1)
          else
            expect([table.firstCell(slot), table.cellCount(slot), table.sizeClass(slot)]).toEqual([
              value,
              value + 1,
              value + 2,
            ])
        }
      }),
    )
  })
})
