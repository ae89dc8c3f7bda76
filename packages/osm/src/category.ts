import type { OsmTags } from './read-osm.ts'

/** OSM keys that make a place, and what a walker calls it. The first that fits wins. */
const categories: readonly (readonly [key: string, values: ReadonlySet<string>, category: string])[] = [
  ['leisure', new Set(['park', 'garden', 'nature_reserve']), 'park'],
  ['leisure', new Set(['playground']), 'playground'],
  ['amenity', new Set(['cafe', 'ice_cream']), 'cafe'],
  ['amenity', new Set(['restaurant', 'fast_food', 'biergarten']), 'restaurant'],
  ['amenity', new Set(['bar', 'pub']), 'bar'],
  ['amenity', new Set(['drinking_water', 'fountain']), 'water'],
  ['amenity', new Set(['toilets']), 'toilets'],
  ['amenity', new Set(['pharmacy', 'hospital', 'clinic', 'doctors']), 'health'],
  ['amenity', new Set(['library', 'theatre', 'cinema', 'arts_centre']), 'culture'],
  ['tourism', new Set(['viewpoint']), 'viewpoint'],
  ['tourism', new Set(['museum', 'gallery', 'attraction', 'artwork']), 'culture'],
  ['shop', new Set(['bakery', 'confectionery', 'pastry']), 'bakery'],
  ['shop', new Set(['books', 'florist', 'gift', 'convenience', 'supermarket', 'greengrocer']), 'shop'],
  ['natural', new Set(['beach', 'peak', 'water']), 'nature'],
  ['historic', new Set(['monument', 'memorial', 'castle', 'ruins']), 'culture'],
  ['place', new Set(['square']), 'square'],
]

/** What a walker calls it; undefined for what is no place to a walker. */
export const categoryOf = (tags: OsmTags): string | undefined =>
  categories.find(([key, values]) => values.has(tags[key] ?? ''))?.[2]
