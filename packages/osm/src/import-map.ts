import { densityOf, type LatLng } from '@walking-buddy/cells'
import { categoryOf } from './category.ts'
import { type OsmTags, readOsm } from './read-osm.ts'

/** Something with a name or an address. */
export interface MapPlace extends LatLng {
  kind: 'address' | 'place'
  /** Name, or street and number. */
  name: string
  /** As a walker understands it; `address` for addresses. */
  category: string
}

export interface ImportedMap {
  places: MapPlace[]
  addressCount: number
  /** The artefact `cells.bin` (packages/cells). */
  density: Buffer
}

export type ImportProgress = (progress: { pass: 1 | 2; read: number; total: number }) => void

/**
 * Addresses, named places and address density of an extract. The file is streamed twice: first to learn which nodes
 * the interesting ways need, then to place them; memory grows with those, not with the file.
 * @throws OsmError where the file is damaged; nothing has been written by then
 */
export async function importMap(path: string, onProgress: ImportProgress = () => {}): Promise<ImportedMap> {
  const needed = new Map<number, LatLng | undefined>()
  for await (const element of readOsm(path, (read, total) => onProgress({ pass: 1, read, total })))
    if (element.type === 'way' && (isInteresting(element.tags) || element.tags['highway'] !== undefined))
      for (const node of element.nodes) needed.set(node, undefined)

  const places: MapPlace[] = []
  const addresses: LatLng[] = []
  const covered: LatLng[] = []
  const take = (tags: OsmTags, at: LatLng) => {
    const number = tags['addr:housenumber']
    if (number !== undefined) {
      addresses.push(at)
      places.push({
        ...at,
        kind: 'address',
        category: 'address',
        name: [tags['addr:street'] ?? tags['addr:place'], number].filter(Boolean).join(' '),
      })
    }
    const category = categoryOf(tags)
    if (category !== undefined && tags['name'])
      places.push({ ...at, kind: 'place', category, name: tags['name'] })
  }
  for await (const element of readOsm(path, (read, total) => onProgress({ pass: 2, read, total }))) {
    if (element.type === 'node') {
      const at = { lat: element.lat, lng: element.lng }
      if (needed.has(element.id)) needed.set(element.id, at)
      if (isInteresting(element.tags)) take(element.tags, at)
    } else {
      const points = element.nodes.map(node => needed.get(node)).filter(point => point !== undefined)
      if (points.length === 0) continue
      if (element.tags['highway'] !== undefined) covered.push(...points)
      if (isInteresting(element.tags)) take(element.tags, middle(points))
    }
  }
  return { places, addressCount: addresses.length, density: densityOf(addresses, covered) }
}

const isInteresting = (tags: OsmTags): boolean =>
  tags['addr:housenumber'] !== undefined || (tags['name'] !== undefined && categoryOf(tags) !== undefined)

/** Middle of the bounding box: good enough to find a door or a park. */
function middle(points: readonly LatLng[]): LatLng {
  const lats = points.map(point => point.lat)
  const lngs = points.map(point => point.lng)
  return {
    lat: (Math.min(...lats) + Math.max(...lats)) / 2,
    lng: (Math.min(...lngs) + Math.max(...lngs)) / 2,
  }
}
