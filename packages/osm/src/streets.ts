import { distanceMeters, type LatLng } from '@walking-buddy/cells'
import { readOsm } from './read-osm.ts'

/** Where one can walk. */
export interface StreetGraph {
  points: readonly LatLng[]
  /** The point nearest to a position, of those that most others can be reached from. */
  nearest(at: LatLng): number
  /** Shortest way between two points, both included; undefined where there is none. */
  path(from: number, to: number): LatLng[] | undefined
}

const notForWalkers = new Set([
  'motorway',
  'motorway_link',
  'trunk',
  'trunk_link',
  'construction',
  'proposed',
  'raceway',
])

/** The walkable streets of an extract. @throws OsmError */
export async function readStreets(path: string): Promise<StreetGraph> {
  const indexOf = new Map<number, number>()
  const ways: (readonly number[])[] = []
  const walkable = (tags: Readonly<Record<string, string>>) =>
    tags['highway'] !== undefined &&
    !notForWalkers.has(tags['highway']) &&
    tags['foot'] !== 'no' &&
    tags['access'] !== 'private'
  for await (const element of readOsm(path))
    if (element.type === 'way' && walkable(element.tags)) {
      ways.push(element.nodes)
      for (const node of element.nodes) if (!indexOf.has(node)) indexOf.set(node, indexOf.size)
    }
  const points: LatLng[] = Array.from({ length: indexOf.size })
  for await (const element of readOsm(path)) {
    const index = element.type === 'node' ? indexOf.get(element.id) : undefined
    if (index !== undefined && element.type === 'node') points[index] = { lat: element.lat, lng: element.lng }
  }
  const neighbours: { to: number; meters: number }[][] = points.map(() => [])
  for (const way of ways)
    for (let i = 1; i < way.length; i++) {
      const a = indexOf.get(way[i - 1]!)!
      const b = indexOf.get(way[i]!)!
      if (!points[a] || !points[b]) continue
      const meters = distanceMeters(points[a], points[b])
      neighbours[a]!.push({ to: b, meters })
      neighbours[b]!.push({ to: a, meters })
    }

  const connected = largestComponent(neighbours)

  return {
    points,
    nearest(at) {
      let best = 0
      let bestMeters = Number.POSITIVE_INFINITY
      for (let i = 0; i < points.length; i++) {
        const point = points[i]
        const meters = point && connected.has(i) ? distanceMeters(at, point) : Number.POSITIVE_INFINITY
        if (meters < bestMeters) {
          best = i
          bestMeters = meters
        }
      }
      return best
    },
    path: (from, to) => shortestPath(points, neighbours, from, to),
  }
}

/** Extracts are cut somewhere, and a few paths are mapped without a join: nobody should start on one of those. */
function largestComponent(neighbours: readonly (readonly { to: number }[])[]): ReadonlySet<number> {
  const seen = new Set<number>()
  let largest = new Set<number>()
  for (let start = 0; start < neighbours.length; start++) {
    if (seen.has(start)) continue
    const component = new Set([start])
    for (const at of component) {
      seen.add(at)
      for (const { to } of neighbours[at]!) component.add(to)
    }
    if (component.size > largest.size) largest = component
  }
  return largest
}

/** A* with the great circle as its bound. */
function shortestPath(
  points: readonly LatLng[],
  neighbours: readonly (readonly { to: number; meters: number }[])[],
  from: number,
  to: number,
): LatLng[] | undefined {
  const goal = points[to]!
  const cost = new Map<number, number>([[from, 0]])
  const cameFrom = new Map<number, number>()
  const open = new BinaryHeap()
  open.push(from, 0)
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    if (current === to) {
      const path = [points[to]!]
      for (let at = cameFrom.get(to); at !== undefined; at = cameFrom.get(at)) path.push(points[at]!)
      return path.reverse()
    }
    for (const { to: next, meters } of neighbours[current]!) {
      const reached = cost.get(current)! + meters
      if (reached >= (cost.get(next) ?? Number.POSITIVE_INFINITY)) continue
      cost.set(next, reached)
      cameFrom.set(next, current)
      open.push(next, reached + distanceMeters(points[next]!, goal))
    }
  }
  return undefined
}

class BinaryHeap {
  readonly #items: { value: number; priority: number }[] = []

  push(value: number, priority: number): void {
    const items = this.#items
    let at = items.push({ value, priority }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]!.priority <= priority) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = { value, priority }
  }

  pop(): number | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (!first || !last) return undefined
    if (items.length > 0) {
      let at = 0
      for (;;) {
        let child = 2 * at + 1
        if (child >= items.length) break
        if (child + 1 < items.length && items[child + 1]!.priority < items[child]!.priority) child += 1
        if (items[child]!.priority >= last.priority) break
        items[at] = items[child]!
        at = child
      }
      items[at] = last
    }
    return first.value
  }
}
