import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  areaOf,
  cellAt,
  cellCenter,
  cellParent,
  cellPolygon,
  cellSideMeters,
  cellSides,
  cellToken,
  densityFrom,
  densityOf,
  distanceMeters,
  noDensity,
  parseCellToken,
  publishedCell,
} from './index.ts'

const position = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
})
const inhabited = fc.record({
  lat: fc.double({ min: -80, max: 80, noNaN: true }),
  lng: fc.double({ min: -180, max: 180, noNaN: true }),
})
const side = fc.constantFrom(...cellSides)

describe('cells', () => {
  test('the circle of an area holds whoever is in its cell', () => {
    fc.assert(
      fc.property(inhabited, side, (at, metres) => {
        const area = areaOf(cellAt(at.lat, at.lng, metres))
        expect(distanceMeters(at, area)).toBeLessThanOrEqual(area.radiusMeters + 0.2)
      }),
    )
  })

  test('everyone in a cell has the same centre, and the centre lies in the cell', () => {
    fc.assert(
      fc.property(position, side, (at, metres) => {
        const cell = cellAt(at.lat, at.lng, metres)
        const center = cellCenter(cell)
        expect(cellAt(center.lat, center.lng, metres)).toBe(cell)
      }),
    )
  })

  test('no cell is smaller than its side, and areas of one side are equal within 1 %', () => {
    fc.assert(
      fc.property(inhabited, side, (at, metres) => {
        const [sw, se, ne, nw] = cellPolygon(cellAt(at.lat, at.lng, metres)) as [
          typeof at,
          typeof at,
          typeof at,
          typeof at,
        ]
        const widths = [distanceMeters(sw, se), distanceMeters(nw, ne)]
        const height = distanceMeters(sw, nw)
        expect(Math.min(...widths, height)).toBeGreaterThanOrEqual(metres - 0.01)
        expect((height * (widths[0]! + widths[1]!)) / 2 / metres ** 2).toBeLessThan(1.01)
      }),
    )
  })

  test('cells nest: the parent of a cell is the coarser cell of every position in it', () => {
    fc.assert(
      fc.property(position, at => {
        for (let i = 0; i + 1 < cellSides.length; i++)
          expect(cellParent(cellAt(at.lat, at.lng, cellSides[i]!))).toBe(
            cellAt(at.lat, at.lng, cellSides[i + 1]!),
          )
      }),
    )
  })

  test('a token is ten digits and names its cell; others are refused', () => {
    fc.assert(
      fc.property(position, side, (at, metres) => {
        const cell = cellAt(at.lat, at.lng, metres)
        expect(cellToken(cell)).toMatch(/^[0-9a-f]{10}$/)
        expect(parseCellToken(cellToken(cell))).toBe(cell)
      }),
    )
    for (const wrong of ['', 'zzzzzzzzzz', 'ffffffffff', '0000000000x'])
      expect(() => parseCellToken(wrong)).toThrow(RangeError)
  })
})

describe('density', () => {
  const home = { lat: 48.001, lng: -20.001 }
  const near = (count: number, at = home) =>
    Array.from({ length: count }, (_, i) => ({ lat: at.lat + (i % 7) * 1e-6, lng: at.lng + (i % 5) * 1e-6 }))
  const sideAt = (addresses: { lat: number; lng: number }[], at = home) =>
    cellSideMeters(publishedCell(densityFrom(densityOf(addresses, [home])), at))

  test('fifty addresses allow 200 m, forty-nine do not', () => {
    expect(sideAt(near(50))).toBe(200)
    expect(sideAt(near(49))).toBe(3200)
  })

  test('where the map has no address data it is 800 m', () => {
    expect(cellSideMeters(publishedCell(noDensity, home))).toBe(800)
    expect(sideAt(near(50), { lat: 10, lng: 10 })).toBe(800)
  })

  test('every published cell hides its people among 50 addresses that lie in no finer published cell', () => {
    const address = fc.record({
      lat: fc.double({ min: 47.95, max: 48.05, noNaN: true }),
      lng: fc.double({ min: -20.06, max: -19.94, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(address, { minLength: 100, maxLength: 3000, size: 'max' }), addresses => {
        const density = densityFrom(densityOf(addresses, []))
        const crowd = new Map<number, number>()
        for (const at of addresses)
          crowd.set(publishedCell(density, at), (crowd.get(publishedCell(density, at)) ?? 0) + 1)
        for (const [cell, count] of crowd)
          if (cellSideMeters(cell as never) < 3200) expect(count).toBeGreaterThanOrEqual(50)
      }),
      { numRuns: 20 },
    )
  })

  test('a damaged file is refused', () => {
    const bytes = densityOf(near(60), [])
    expect(() => densityFrom(bytes.subarray(0, bytes.length - 3))).toThrow('truncated')
    expect(() => densityFrom(Buffer.from('nonsense that is long enough'))).toThrow('not a cells.bin')
  })
})
