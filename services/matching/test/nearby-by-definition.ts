import { type CellId, cellCenter, distanceMeters } from '@walking-buddy/cells'
import { ageIn, type Month, type Traits } from '../src/domain/traits.ts'

/** A person as the definition of the nearby list reads them. */
export interface ByDefinition {
  id: number
  cell: CellId
  traits: Traits
  seenStep: number
  seenAs: number
  looksAs: number
}

const edges = [
  400, 800, 1_200, 1_600, 2_400, 3_200, 4_800, 6_400, 9_600, 12_800, 19_200, 25_600, 38_400, 51_200, 65_535,
]

/** The nearby list, said as plainly as can be and as slowly: what the index has to equal. */
export function nearbyByDefinition(
  people: readonly ByDefinition[],
  viewerId: number,
  options: { radiusMeters: number; month: Month; limit: number; apart: ReadonlySet<number> },
): { id: number; distanceMeters: number }[] {
  const { month } = options
  const viewer = people.find(person => person.id === viewerId)!
  const age = (person: ByDefinition) =>
    ageIn(month, (person.traits.birthYear - 1900) * 12 + person.traits.birthMonth - 1)
  const distance = (person: ByDefinition) =>
    Math.round(distanceMeters(cellCenter(viewer.cell), cellCenter(person.cell)))
  const tie = (person: ByDefinition) => (person.seenAs ^ viewer.looksAs) >>> 0

  const accepts = (one: ByDefinition, other: ByDefinition, away: number) =>
    away <= one.traits.searchRadiusMeters &&
    age(other) >= one.traits.ageRangeMin &&
    age(other) <= one.traits.ageRangeMax &&
    (one.traits.genderPreference === 'any' || one.traits.genderPreference === other.traits.gender)
  const agreePace = (a: Traits, b: Traits) => a.pace === 'any' || b.pace === 'any' || a.pace === b.pace
  const distances = new Map(people.map(person => [person.id, distance(person)]))
  const suiting = people.filter(
    other =>
      other.id !== viewer.id &&
      !options.apart.has(other.id) &&
      distances.get(other.id)! <= options.radiusMeters &&
      accepts(viewer, other, distances.get(other.id)!) &&
      accepts(other, viewer, distances.get(other.id)!) &&
      agreePace(viewer.traits, other.traits),
  )

  // Of one cell at most a hundred, by the viewer's own order.
  const slates = Object.values(Object.groupBy(suiting, person => String(person.cell))).flatMap(cell =>
    cell!.sort((a, b) => tie(a) - tie(b) || a.id - b.id).slice(0, 100),
  )

  const agreement = (other: ByDefinition) => {
    const years = Math.abs(age(other) - age(viewer))
    return (other.traits.pace === viewer.traits.pace ? 2 : 0) + (years <= 5 ? 2 : years <= 10 ? 1 : 0)
  }
  const inBand = (a: ByDefinition, b: ByDefinition) =>
    agreement(b) - agreement(a) ||
    b.seenStep - a.seenStep ||
    distances.get(a.id)! - distances.get(b.id)! ||
    tie(a) - tie(b) ||
    a.id - b.id

  const list: ByDefinition[] = []
  let inner = -1
  for (const edge of edges) {
    let band: ByDefinition[] = []
    const inside = slates.filter(
      person => distances.get(person.id)! > inner && distances.get(person.id)! <= edge,
    )
    for (const at of [...new Set(inside.map(person => distances.get(person.id)!))].sort((a, b) => a - b)) {
      // A hundred who suit make a band of their own.
      if (band.length >= 100) {
        list.push(...band.sort(inBand))
        band = []
      }
      band.push(...inside.filter(person => distances.get(person.id) === at))
    }
    list.push(...band.sort(inBand))
    inner = edge
  }
  return list
    .slice(0, options.limit)
    .map(person => ({ id: person.id, distanceMeters: distances.get(person.id)! }))
}
