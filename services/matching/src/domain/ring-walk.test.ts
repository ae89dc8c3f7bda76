import { type CellId, cellAt, cellCenter, cellSides, distanceMeters } from '@walking-buddy/cells'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../../test/random.ts'
import { CellGrid } from './cell-grid.ts'
import { bandEdgesMeters } from './ranking.ts'
import { RingWalk } from './ring-walk.ts'

const corners = [
  { lat: 48.2, lng: 16.3 },
  { lat: -33.9, lng: 180 },
  { lat: 90, lng: 0 },
  { lat: -89.9, lng: 77 },
  { lat: 89.6, lng: -179.99 },
]

/** Cells of all sides, densely around a corner of the Earth. */
function denseCells(seed: number, count: number): CellId[] {
  const draw = random(seed)
  const corner = corners[Math.floor(draw() * corners.length)]!
  const spreadMeters = [3_000, 12_000, 40_000][Math.floor(draw() * 3)]!
  const cells = Array.from({ length: count }, () => {
    const bearing = draw() * 2 * Math.PI
    const at = destination(corner, Math.sqrt(draw()) * spreadMeters, bearing)
    return cellAt(at.lat, at.lng, cellSides[Math.floor(draw() ** 2 * cellSides.length)]!)
  })
  return [...new Set(cells)]
}

function destination(from: { lat: number; lng: number }, meters: number, bearing: number) {
  const radians = Math.PI / 180
  const angle = meters / 6_371_008.8
  const lat = Math.asin(
    Math.sin(from.lat * radians) * Math.cos(angle) +
      Math.cos(from.lat * radians) * Math.sin(angle) * Math.cos(bearing),
  )
  const lng =
    from.lng * radians +
    Math.atan2(
      Math.sin(bearing) * Math.sin(angle) * Math.cos(from.lat * radians),
      Math.cos(angle) - Math.sin(from.lat * radians) * Math.sin(lat),
    )
  return { lat: lat / radians, lng: ((((lng / radians + 180) % 360) + 360) % 360) - 180 }
}

describe('ring walk', () => {
  test('every band holds exactly the cells between its edges, nearest first, each once', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(900, 5_000, 20_000, 60_000), (seed, radiusMeters) => {
        const cells = denseCells(seed, 1_500)
        const grid = new CellGrid((a, b) => a - b)
        for (const [i, cell] of cells.entries())
          grid.add(cell, { person: i, first: 0, second: 0, seenStep: 0, seenAs: i })
        const memberOf = (cell: number) => grid.cells.words[grid.onlyMember(cell)]!
        const walk = new RingWalk(grid)
        for (const from of cells.slice(0, 3)) {
          const away = cells.map(cell => Math.round(distanceMeters(cellCenter(from), cellCenter(cell))))
          walk.start(from, radiusMeters)
          let inner = -1
          for (const edge of bandEdgesMeters) {
            if (!walk.nextBand(edge)) break
            const outer = Math.min(edge, radiusMeters)
            const expected = away
              .map((meters, i) => ({ i, meters }))
              .filter(({ meters }) => meters > inner && meters <= outer)
            const met = Array.from({ length: walk.count }, (_, k) => ({
              i: memberOf(walk.cellAt(k)),
              meters: walk.distanceAt(k),
            }))
            expect(met.map(({ meters }) => meters)).toEqual(
              met.map(({ meters }) => meters).sort((a, b) => a - b),
            )
            expect(met.sort((a, b) => a.i - b.i)).toEqual(expected)
            inner = outer
          }
          expect(inner).toBe(radiusMeters)
        }
      }),
      { numRuns: 60 },
    )
  })
})
