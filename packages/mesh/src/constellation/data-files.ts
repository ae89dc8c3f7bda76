import { join } from 'node:path'

/** What lies in the data folder. */
export const dataFiles = (dataDir: string) => ({
  logs: join(dataDir, 'logs'),
  processes: join(dataDir, 'processes'),
  secrets: join(dataDir, 'secrets.json'),
  signingKeys: join(dataDir, 'signing-keys.json'),
  kongConfig: join(dataDir, 'kong.yml'),
  map: {
    /** The extract that was imported last. */
    extract: join(dataDir, 'map', 'extract.osm'),
    cells: join(dataDir, 'map', 'cells.bin'),
    places: join(dataDir, 'map', 'places.ndjson'),
  },
  town: (seed: string) => join(dataDir, 'map', `town-${seed}.osm`),
  townState: join(dataDir, 'town.json'),
  compileCache: join(dataDir, 'compile-cache'),
})
