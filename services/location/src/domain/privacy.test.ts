import {
  type CellSide,
  cellAt,
  cellPolygon,
  cellSides,
  type Density,
  distanceMeters,
  publishedCell,
} from '@walking-buddy/cells'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lifeOfAPerson, minute, type Person, point, seeded } from '../../test/life-of-a-person.ts'

interface Spot {
  lat: number
  lng: number
}

/** Every cell of 3,200 m has a level of its own. */
const mixed: Density = {
  version: 'mixed',
  sideAt: (lat, lng) => cellSides[cellAt(lat, lng, 3200) % cellSides.length] as CellSide,
}

/** A spot of a cell, by two numbers in [0, 1). */
function spotIn(around: Spot, north: number, east: number): Spot {
  const corners = cellPolygon(publishedCell(mixed, around))
  const [southWest, , northEast] = corners as [Spot, Spot, Spot]
  const inside = (from: number, to: number, part: number) => from + (to - from) * (0.0001 + part * 0.9998)
  return { lat: inside(southWest.lat, northEast.lat, north), lng: inside(southWest.lng, northEast.lng, east) }
}

const unit = fc.double({ min: 0, max: 0.999999, noNaN: true })
const seed = fc.integer()

describe('people in the same cells cannot be told apart', () => {
  test('10,000 pairs of true positions in one cell: every output is the same', () => {
    fc.assert(
      fc.property(
        fc.tuple(unit, unit, unit, unit),
        fc.integer({ min: -400_000, max: 400_000 }),
        seed,
        ([n1, e1, n2, e2], east, random) => {
          const around = point(east / 7, east)
          const outputs = [spotIn(around, n1, e1), spotIn(around, n2, e2)].map(spot => {
            const person = lifeOfAPerson({ density: mixed, random: seeded(random) })
            person.on()
            person.report(spot)
            person.stay(() => spot, 12 * minute)
            person.pass(90 * minute)
            return person.moments
          })
          expect(outputs[0]!.length).toBeGreaterThan(1)
          expect(outputs[0]).toEqual(outputs[1])
        },
      ),
      { numRuns: 10_000 },
    )
  }, 60_000)

  /** What someone does next; places are far apart, so that two bodies are at the same place or both are not. */
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('stay' as const),
      place: fc.integer({ min: 0, max: 4 }),
      minutes: fc.integer({ min: 1, max: 50 }),
    }),
    fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
    fc.record({
      kind: fc.constantFrom(
        'on' as const,
        'off' as const,
        'walk' as const,
        'walked' as const,
        'lose' as const,
      ),
    }),
  )
  const spots = fc.array(fc.tuple(unit, unit), { minLength: 5, maxLength: 5 })

  function live(
    person: Person,
    places: readonly Spot[],
    steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  ) {
    for (const next of steps) {
      if (next.kind === 'stay') {
        person.pass(6 * minute)
        person.stay(() => places[next.place]!, next.minutes * minute)
      } else if (next.kind === 'pass') person.pass(next.minutes * minute)
      else if (next.kind === 'walk') person.walk({ cameAtMs: person.nowMs, open: true })
      else if (next.kind === 'walked') person.walk(null)
      else if (next.kind === 'lose') person.loseSightings()
      else person[next.kind]()
    }
    person.pass(120 * minute)
    return person.moments
  }

  test('whole lives with stays in the same cells look the same, whatever happens', () => {
    fc.assert(
      fc.property(spots, spots, fc.array(step, { maxLength: 25 }), seed, (a, b, steps, random) => {
        const bodies = [a, b].map(body =>
          body.map(([north, east], i) => spotIn(point(i * 11_000, i * 13_000), north, east)),
        )
        const outputs = bodies.map(places =>
          live(lifeOfAPerson({ density: mixed, random: seeded(random) }), places, steps),
        )
        expect(outputs[0]).toEqual(outputs[1])
      }),
      { numRuns: 400 },
    )
  })

  test('in any life a version rises by one with each change, the cell at most once per 30 minutes', () => {
    fc.assert(
      fc.property(spots, fc.array(step, { maxLength: 40 }), seed, (body, steps, random) => {
        const places = body.map(([north, east], i) => spotIn(point(i * 11_000, i * 13_000), north, east))
        const moments = live(lifeOfAPerson({ density: mixed, random: seeded(random) }), places, steps)
        moments.forEach(({ version, view }, i) => {
          expect(version).toBe(i + 1)
          if (view) expect(view.lastSeenMs % (30 * minute)).toBe(0)
        })
        const published = [...new Set(moments.flatMap(({ view }) => (view ? [view.publishedAtMs] : [])))]
        for (let i = 1; i < published.length; i++)
          expect(published[i]! - published[i - 1]!).toBeGreaterThanOrEqual(30 * minute)
      }),
      { numRuns: 300 },
    )
  })
})

test('whoever walks keeps the cell that they were published in, for hours', () => {
  const walk = fc.record({
    speed: fc.double({ min: 0.7, max: 3, noNaN: true }),
    everySeconds: fc.integer({ min: 2, max: 90 }),
    turn: fc.double({ min: 0, max: 6, noNaN: true }),
    random: seed,
  })
  fc.assert(
    fc.property(walk, ({ speed, everySeconds, turn, random }) => {
      const person = lifeOfAPerson({ density: mixed, random: seeded(random) })
      for (let seconds = 0; seconds < 3 * 3_600; seconds += everySeconds) {
        const meters = speed * seconds
        person.report(point(meters * Math.cos(turn), meters * Math.sin(turn)))
        person.pass(everySeconds * 1_000)
      }
      expect(new Set(person.moments.map(({ view }) => view?.cell)).size).toBe(1)
      expect(new Set(person.moments.map(({ view }) => view?.publishedAtMs)).size).toBe(1)
    }),
    { numRuns: 60 },
  )
})

test('weeks of watching someone who lives on a border, or on a corner, show one cell', () => {
  const fine: Density = { version: 'fine', sideAt: () => 200 }
  const [corner] = cellPolygon(publishedCell(fine, point(40, 40))) as [Spot]
  const noise = fc.tuple(
    fc.double({ min: 0, max: 34, noNaN: true }),
    fc.double({ min: 0, max: 6.28, noNaN: true }),
  )
  fc.assert(
    fc.property(noise, seed, ([offset, direction], randomSeed) => {
      const random = seeded(randomSeed)
      const near = (spot: Spot, meters: number, turn: number): Spot => ({
        lat: spot.lat + (meters * Math.cos(turn)) / 111_195,
        lng: spot.lng + (meters * Math.sin(turn)) / (111_195 * Math.cos((spot.lat * Math.PI) / 180)),
      })
      const home = near(corner, offset, direction)
      const fix = (spot: Spot) => () => near(spot, 34 * Math.sqrt(random()), 6.28 * random())
      const work = point(4_000, 4_000)
      const person = lifeOfAPerson({ density: fine, random })
      const cellsAtHome = new Set<unknown>()
      for (let day = 0; day < 21; day++) {
        for (const [where, minutes] of [
          [home, 95],
          [work, 75],
        ] as const) {
          person.pass(6 * minute)
          if (random() < 0.5) person.off()
          const hidden = person.view === null
          const since = person.moments.length
          person.report(fix(where)())
          if (hidden || random() < 0.3) person.on()
          person.stay(fix(where), minutes * minute)
          if (where === home) for (const { view } of person.moments.slice(since)) cellsAtHome.add(view?.cell)
          person.pass(120 * minute)
        }
      }
      // Left over from work: until the old cell may change.
      const cells = [...cellsAtHome].filter(cell => cell !== undefined && cell !== publishedCell(fine, work))
      const seenNearHome = cells.filter(cell =>
        cellPolygon(cell as ReturnType<typeof cellAt>).some(edge => distanceMeters(edge, home) < 400),
      )
      expect(seenNearHome).toHaveLength(1)
    }),
    { numRuns: 60 },
  )
})

test('nothing is hidden without being asked but on the own tick, after its reason', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 55 }), (random, afterMinutes) => {
      const person = lifeOfAPerson({ random: seeded(random) })
      person.stay(() => point(0, 0), 12 * minute)
      person.pass(afterMinutes * 1_000)
      person.walk({ cameAtMs: person.nowMs, open: true })
      const tickMs = person.presence.nextTickAtMs!
      person.pass(10 * minute)
      expect(person.moments.at(-1)).toMatchObject({ atMs: tickMs, view: null })
    }),
  )
})
