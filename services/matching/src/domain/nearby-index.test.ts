import { type CellId, cellAt, cellCenter, cellSides, distanceMeters } from '@walking-buddy/cells'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByDefinition, nearbyByDefinition } from '../../test/nearby-by-definition.ts'
import { random } from '../../test/random.ts'
import { NearbyIndex } from './nearby-index.ts'
import { genders, monthOf, paces, packTraits, type Traits } from './traits.ts'

const month = monthOf(Date.UTC(2026, 4, 20))

const traits = fc.record<Traits>({
  birthYear: fc.integer({ min: 1940, max: 2007 }),
  birthMonth: fc.integer({ min: 1, max: 12 }),
  gender: fc.constantFrom(...genders, null),
  pace: fc.constantFrom(...paces, 'any' as const),
  searchRadiusMeters: fc.constantFrom(200, 500, 1_000, 2_500, 5_000, 20_000),
  ageRangeMin: fc.integer({ min: 18, max: 40 }),
  ageRangeMax: fc.integer({ min: 40, max: 100 }),
  genderPreference: fc.constantFrom('any' as const, 'any' as const, ...genders),
})

/** Places where grids tend to break, and an ordinary town. */
const centers = [
  { lat: 48, lng: -20 },
  { lat: 0, lng: 0 },
  { lat: 51.5, lng: 179.999 },
  { lat: -16.8, lng: -179.999 },
  { lat: 89.99, lng: 12 },
  { lat: -89.97, lng: -140 },
  { lat: 90, lng: 0 },
  { lat: 84.9, lng: 180 },
]

const population = fc
  .record({ center: fc.constantFrom(...centers), spreadMeters: fc.constantFrom(150, 1_000, 6_000, 25_000) })
  .chain(({ center, spreadMeters }) => {
    const degrees = spreadMeters / 111_195
    const wide = Math.min(180, degrees / Math.max(1e-3, Math.cos((center.lat * Math.PI) / 180)))
    const offset = fc.double({ min: -1, max: 1, noNaN: true })
    const person = fc
      .record({
        north: offset,
        east: offset,
        side: fc.constantFrom(...cellSides),
        traits,
        seenStep: fc.integer({ min: 980_000, max: 980_004 }),
      })
      .map(({ north, east, side, ...rest }) => ({
        ...rest,
        cell: cellAt(
          Math.max(-90, Math.min(90, center.lat + north * degrees)),
          around(center.lng + east * wide),
          side,
        ),
      }))
    return fc.array(person, { minLength: 2, maxLength: 260, size: 'max' })
  })

const around = (lng: number) => ((((lng + 180) % 360) + 360) % 360) - 180

type Person = { cell: CellId; traits: Traits; seenStep: number }

/** An index of people numbered as they come, and the same people for the definition. */
function townOf(people: readonly Person[], hash: (person: number) => number = spread) {
  const words = new Uint32Array(2)
  const index = new NearbyIndex((a, b) => a - b)
  const packed = (traits: Traits) => {
    packTraits(words, 0, traits)
    return { first: words[0]!, second: words[1]! }
  }
  const memberOf = (person: number, given = people[person]!) => ({
    person,
    ...packed(given.traits),
    seenStep: given.seenStep,
    seenAs: hash(person),
  })
  const looksAs = (person: number) => spread(person + 7_777)
  for (const [i, person] of people.entries()) index.add(person.cell, memberOf(i))
  const list = (viewer: number, radiusMeters: number, limit: number, apart?: Set<number>) => {
    const { cell, traits } = people[viewer]!
    const found = index.search({
      viewer: { person: viewer, cell, ...packed(traits), looksAs: looksAs(viewer) },
      radiusMeters,
      month,
      limit,
      apart,
    })
    return {
      ...found,
      people: Array.from({ length: found.count }, (_, i) => ({
        id: found.people[i]!,
        distanceMeters: found.distancesMeters[i]!,
      })),
    }
  }
  const byDefinition: ByDefinition[] = people.map((person, i) => ({
    ...person,
    id: i,
    seenAs: hash(i),
    looksAs: looksAs(i),
  }))
  return { index, memberOf, list, byDefinition }
}

const spread = (i: number) => Math.imul(i + 1, 0x9e3779b1) >>> 0

/** Hundreds to a cell; most of them suit each other. */
function crowd(seed: number, count: number) {
  const draw = random(seed)
  const cells = 2 + Math.floor(draw() * 12)
  const pick = <T>(options: readonly T[]): T => options[Math.floor(draw() * options.length)]!
  return Array.from({ length: count }, () => ({
    cell: cellAt(48 + Math.floor(draw() * cells) * 0.002, -20, pick([200, 200, 400])),
    traits: {
      birthYear: 1960 + Math.floor(draw() * 45),
      birthMonth: 1 + Math.floor(draw() * 12),
      gender: pick([...genders, null]),
      pace: pick([...paces, 'any' as const]),
      searchRadiusMeters: pick([300, 2_000, 20_000]),
      ageRangeMin: pick([18, 18, 30]),
      ageRangeMax: pick([60, 100]),
      genderPreference: pick(['any' as const, 'any' as const, ...genders]),
    },
    seenStep: 980_000 + Math.floor(draw() * 3),
  }))
}

describe('nearby index', () => {
  test('a search equals the definition for any people in cells of any side, at poles and where longitudes meet', () => {
    fc.assert(
      fc.property(
        population,
        fc.constantFrom(1, 5, 20, 100),
        fc.constantFrom(300, 3_000, 20_000),
        fc.boolean(),
        (people, limit, radiusMeters, equalHashes) => {
          const { list, byDefinition } = townOf(people, equalHashes ? i => i % 3 : spread)
          const apart = new Set([3, 4])
          for (const viewer of [0, 1, people.length - 1])
            expect(list(viewer, radiusMeters, limit, apart).people).toEqual(
              nearbyByDefinition(byDefinition, viewer, { radiusMeters, month, limit, apart }),
            )
        },
      ),
      { numRuns: 400 },
    )
  })

  test('a search equals the definition in a crowd, where cells hold more people than are compared', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(20, 100), (seed, limit) => {
        const people = crowd(seed, 2_000)
        const { list, byDefinition } = townOf(people)
        for (const viewer of [0, 1, 2])
          expect(list(viewer, 5_000, limit).people).toEqual(
            nearbyByDefinition(byDefinition, viewer, { radiusMeters: 5_000, month, limit, apart: new Set() }),
          )
      }),
      { numRuns: 40 },
    )
  })

  test('people who came, moved, changed and left leave no trace: the index equals one of those who are there', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(40, 600), (seed, count) => {
        const draw = random(seed)
        const below = (bound: number) => Math.floor(draw() * bound)
        const people = crowd(seed, count)
        const { index, memberOf, list } = townOf(people)
        const present = people.map(() => true)
        for (let step = 0; step < 4 * count; step++) {
          const i = below(count)
          const person = people[i]!
          if (present[i]) index.remove(person.cell, i, spread(i))
          present[i] = i < 2 || draw() < (step < 2 * count ? 0.3 : 0.7)
          person.cell = people[below(count)]!.cell
          if (present[i]) index.add(person.cell, memberOf(i))
          if (!present[i] || draw() < 0.5) continue
          person.traits = people[below(count)]!.traits
          index.change(person.cell, memberOf(i))
        }
        const there = people.map((person, id) => ({ person, id })).filter(({ id }) => present[id])
        const definition = there.map(({ person, id }) => ({
          ...person,
          id,
          seenAs: spread(id),
          looksAs: spread(id + 7_777),
        }))
        expect(index.peopleCount).toBe(there.length)
        expect(index.cellCount).toBe(new Set(there.map(({ person }) => person.cell)).size)
        for (const viewer of [0, 1])
          expect(list(viewer, 20_000, 100).people).toEqual(
            nearbyByDefinition(definition, viewer, {
              radiusMeters: 20_000,
              month,
              limit: 100,
              apart: new Set(),
            }),
          )
      }),
      { numRuns: 60 },
    )
  })

  test('the shorter list is the beginning of the longer one', () => {
    fc.assert(
      fc.property(population, fc.integer({ min: 1, max: 100 }), (people, limit) => {
        const { list } = townOf(people)
        expect(list(0, 20_000, limit).people).toEqual(list(0, 20_000, 100).people.slice(0, limit))
      }),
      { numRuns: 100 },
    )
  })

  test('nobody beyond the reach of a search could change its list, unless of a crowd; somebody at the reach could', () => {
    let atTheEdge = 0
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(1, 5, 20), (seed, limit) => {
        const draw = random(seed)
        const people = crowd(seed, 60).map(person => ({
          ...person,
          seenStep: 980_000,
          cell: cellAt(48 + draw() * 0.03, -20 + draw() * 0.03, 200),
        }))
        const { index, memberOf, list } = townOf(people)
        const { reachMeters, crowded, people: before } = list(0, 20_000, limit)
        const open = {
          ...people[0]!.traits,
          searchRadiusMeters: 20_000,
          ageRangeMin: 18,
          ageRangeMax: 100,
          genderPreference: 'any' as const,
        }
        for (let newcomer = 1; newcomer < people.length; newcomer++) {
          const { cell, seenStep } = people[newcomer]!
          if (before.some(({ id }) => id === newcomer)) continue
          index.change(cell, memberOf(newcomer, { cell, seenStep, traits: open }))
          const after = list(0, 20_000, limit).people
          index.change(cell, memberOf(newcomer))
          const away = Math.round(distanceMeters(cellCenter(people[0]!.cell), cellCenter(cell)))
          if (!crowded && away > reachMeters) expect(after).toEqual(before)
          else if (after.some(({ id }) => id === newcomer) && away > reachMeters * 0.7) atTheEdge += 1
        }
      }),
      { numRuns: 60 },
    )
    expect(atTheEdge).toBeGreaterThan(10)
  })
})
