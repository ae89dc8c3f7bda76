import type { Random } from '../random.ts'
import { seededRandom } from '../random.ts'
import { placeName, streetName } from './names.ts'
import { osmWriter } from './osm-writer.ts'

/** Centre of the town: open Atlantic, so that nobody takes it for a real place; degrees of longitude shrink there. */
export const townCenter = { lat: 48, lng: -20 }

const halfSideMeters = 2_000
const blockMeters = 110
const meters = { perLat: 111_195, perLng: 111_195 * Math.cos((townCenter.lat * Math.PI) / 180) }

/** Metres east and north of the centre. */
interface Spot {
  x: number
  y: number
}

/**
 * A synthetic town of about 4 × 4 km as OpenStreetMap XML: crooked streets that thin out towards the edge, a river
 * with a few bridges, parks with footways, houses with addresses, and places with names.
 * Deterministic: the same seed gives the same bytes.
 */
export function generateTown(seed: string): string {
  const random = seededRandom(`town/${seed}`)
  const write = osmWriter(spot => ({
    lat: townCenter.lat + spot.y / meters.perLat,
    lng: townCenter.lng + spot.x / meters.perLng,
  }))
  const parks = parksOf(random.fork('parks'))
  const river = riverOf(random.fork('river'))
  const grid = crossingsOf(random.fork('crossings'))

  streets(random.fork('streets'), write, grid, parks, river)
  for (const park of parks) parkWithPaths(random.fork(`park ${park.name}`), write, park, grid)
  write.way(river.points, { natural: 'water', waterway: 'river', name: river.name })
  places(random.fork('places'), write, grid, parks)
  return write.text()
}

type Writer = ReturnType<typeof osmWriter>
interface Park extends Spot {
  name: string
  radius: number
}
interface River {
  name: string
  points: Spot[]
  yAt(x: number): number
  bridges: readonly number[]
}

const perSide = Math.floor((2 * halfSideMeters) / blockMeters) + 1

/** Crossings of a grid bent by two slow waves and shaken a little: straight enough to find one's way. */
function crossingsOf(random: Random): Spot[][] {
  const [phaseX, phaseY] = [random.between(0, 6), random.between(0, 6)]
  return Array.from({ length: perSide }, (_, row) =>
    Array.from({ length: perSide }, (_, column) => {
      const x = -halfSideMeters + column * blockMeters
      const y = -halfSideMeters + row * blockMeters
      return {
        x: x + 90 * Math.sin(y / 700 + phaseX) + random.gaussian(9),
        y: y + 90 * Math.sin(x / 800 + phaseY) + random.gaussian(9),
      }
    }),
  )
}

function parksOf(random: Random): Park[] {
  return Array.from({ length: 7 }, (_, i) => ({
    x: random.between(-1_600, 1_600),
    y: random.between(-1_600, 1_600),
    radius: i === 0 ? 330 : random.between(110, 220),
    name: placeName(random, 'park'),
  }))
}

function riverOf(random: Random): River {
  const [offset, phase] = [random.between(-600, 600), random.between(0, 6)]
  const yAt = (x: number) => offset + 260 * Math.sin(x / 900 + phase)
  return {
    name: placeName(random, 'river'),
    yAt,
    points: Array.from({ length: 81 }, (_, i) => ({
      x: -halfSideMeters + i * 50,
      y: yAt(-halfSideMeters + i * 50),
    })),
    bridges: Array.from({ length: 9 }, (_, i) => 2 + i * 4),
  }
}

const within = (spot: Spot, park: Park, margin = 0) =>
  Math.hypot(spot.x - park.x, spot.y - park.y) < park.radius + margin
const crossesRiver = (a: Spot, b: Spot, river: River) => a.y > river.yAt(a.x) !== b.y > river.yAt(b.x)

/** How built-up a spot is, 1 in the middle to 0 at the edge. */
const densityAt = (spot: Spot) => Math.max(0, 1 - Math.hypot(spot.x, spot.y) / 2_300)

function streets(random: Random, write: Writer, grid: Spot[][], parks: readonly Park[], river: River): void {
  const lines = [
    ...grid.map(row => ({ spots: row, vertical: false })),
    ...grid[0]!.map((_, column) => ({ spots: grid.map(row => row[column]!), vertical: true })),
  ]
  lines.forEach(({ spots, vertical }, index) => {
    const name = streetName(random)
    const major = index % 6 === 3
    const mayCross = vertical && river.bridges.includes(index - grid.length)
    let run: Spot[] = []
    let number = 1
    const finish = () => {
      if (run.length > 1)
        write.way(run, {
          highway: major ? 'secondary' : 'residential',
          name,
          ...(major ? { lit: 'yes', sidewalk: 'both' } : {}),
        })
      run = []
    }
    for (let i = 0; i < spots.length; i++) {
      const [spot, before] = [spots[i]!, spots[i - 1]]
      const blocked =
        before !== undefined &&
        (parks.some(park => within(middle(before, spot), park)) ||
          (crossesRiver(before, spot, river) && !mayCross) ||
          (!major && random.chance(0.05 + 0.3 * (1 - densityAt(spot)) ** 2)))
      if (blocked) finish()
      else if (before) number = houses(random, write, name, before, spot, number)
      run.push(spot)
    }
    finish()
  })
}

const middle = (a: Spot, b: Spot): Spot => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })

/** Houses on both sides of a stretch, odd and even; returns the next number. */
function houses(random: Random, write: Writer, street: string, from: Spot, to: Spot, first: number): number {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const every = 16 + 60 * (1 - densityAt(middle(from, to))) ** 2
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length]
  let number = first
  for (let along = 14; along < length - 10; along += every * random.between(0.8, 1.2)) {
    for (const side of [-1, 1]) {
      if (random.chance(0.12)) continue
      const away = random.between(9, 15) * side
      write.node(
        { x: from.x + ux * along - uy * away, y: from.y + uy * along + ux * away },
        {
          'addr:street': street,
          'addr:housenumber': String(side < 0 ? number : number + 1),
          building: 'house',
        },
      )
    }
    number += 2
  }
  return number
}

/** A park's outline, a round path and a cross of paths that meet the nearest streets. */
function parkWithPaths(random: Random, write: Writer, park: Park, grid: Spot[][]): void {
  const around = (radius: number, count: number): Spot[] =>
    Array.from({ length: count }, (_, i) => ({
      x: park.x + radius * Math.cos((2 * Math.PI * i) / count),
      y: park.y + radius * Math.sin((2 * Math.PI * i) / count),
    }))
  const outline = around(park.radius, 24)
  write.way([...outline, outline[0]!], { leisure: 'park', name: park.name })
  const path = around(park.radius * 0.7, 16)
  write.way([...path, path[0]!], {
    highway: 'footway',
    surface: random.pick(['gravel', 'compacted', 'asphalt']),
  })
  for (const i of [0, 4, 8, 12])
    write.way([{ x: park.x, y: park.y }, path[i]!, nearestCrossing(grid, outline[(i * 3) / 2]!)], {
      highway: 'path',
    })
}

function nearestCrossing(grid: Spot[][], to: Spot): Spot {
  let best = grid[0]![0]!
  for (const row of grid)
    for (const spot of row)
      if (Math.hypot(spot.x - to.x, spot.y - to.y) < Math.hypot(best.x - to.x, best.y - to.y)) best = spot
  return best
}

const kinds: readonly (readonly [
  kind: Parameters<typeof placeName>[1],
  count: number,
  tags: Record<string, string>,
])[] = [
  ['cafe', 46, { amenity: 'cafe' }],
  ['bakery', 30, { shop: 'bakery' }],
  ['restaurant', 40, { amenity: 'restaurant' }],
  ['bar', 14, { amenity: 'pub' }],
  ['pharmacy', 12, { amenity: 'pharmacy' }],
  ['library', 4, { amenity: 'library' }],
  ['museum', 5, { tourism: 'museum' }],
  ['viewpoint', 6, { tourism: 'viewpoint' }],
  ['fountain', 22, { amenity: 'drinking_water' }],
  ['playground', 16, { leisure: 'playground' }],
  ['bookshop', 8, { shop: 'books' }],
  ['square', 8, { place: 'square' }],
]

function places(random: Random, write: Writer, grid: Spot[][], parks: readonly Park[]): void {
  const crossings = grid.flat().filter(spot => !parks.some(park => within(spot, park)))
  for (const [kind, count, tags] of kinds)
    for (let i = 0; i < count; i++) {
      let spot = random.pick(crossings)
      for (let tries = 0; tries < 8 && !random.chance(densityAt(spot)); tries++) spot = random.pick(crossings)
      write.node(
        { x: spot.x + random.between(6, 16), y: spot.y + random.between(6, 16) },
        {
          ...tags,
          name: placeName(random, kind),
          ...(random.chance(0.6)
            ? { opening_hours: random.pick(['Mo-Sa 08:00-18:00', 'Mo-Su 09:00-22:00', 'Tu-Su 10:00-17:00']) }
            : {}),
        },
      )
    }
}
