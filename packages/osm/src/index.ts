export { type ImportedMap, importMap, type ImportProgress, type MapPlace } from './import-map.ts'
export { OsmError, type OsmElement, type OsmTags, readOsm } from './read-osm.ts'
export { readStreets, type StreetGraph } from './streets.ts'
