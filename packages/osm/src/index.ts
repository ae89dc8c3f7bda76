export { type ImportedMap, type ImportProgress, importMap, type MapPlace } from './import-map.ts'
export { type OsmElement, OsmError, type OsmTags, readOsm } from './read-osm.ts'
export { readStreets, type StreetGraph } from './streets.ts'
