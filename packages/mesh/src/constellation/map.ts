import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ImportedMap, type ImportProgress, importMap } from '@walking-buddy/osm'
import { generateTown } from '@walking-buddy/simulator'
import { dataFiles } from './data-files.ts'

/** Writes the town of a seed unless it is there. @returns its file */
export function townFile(dataDir: string, seed: string): string {
  const file = dataFiles(dataDir).town(seed)
  if (!existsSync(file)) replaceFile(file, generateTown(seed))
  return file
}

/**
 * Imports an extract and puts its artefacts in place of the last one's, each in one step; a damaged file changes
 * nothing. Running services take a new `cells.bin` at their next start.
 * @throws OsmError
 */
export async function importInto(
  dataDir: string,
  extract: string,
  onProgress?: ImportProgress,
): Promise<ImportedMap> {
  const { map } = dataFiles(dataDir)
  const imported = await importMap(extract, onProgress)
  replaceFile(map.cells, imported.density)
  replaceFile(map.places, imported.places.map(place => `${JSON.stringify(place)}\n`).join(''))
  const kept = extract.endsWith('.gz') ? `${map.extract}.gz` : map.extract
  copyFileSync(extract, `${kept}.new`)
  renameSync(`${kept}.new`, kept)
  return imported
}

/** Writes a file so that readers see the old one or the new one, whole. */
export function replaceFile(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

/** Eight digits that tell one content from another. */
export const digest = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 8)
