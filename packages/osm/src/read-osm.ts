import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SaxesParser } from 'saxes'

export type OsmTags = Readonly<Record<string, string>>

/** What a map is made of, in the order of the file (nodes, ways, relations). Degrees are WGS 84. */
export type OsmElement =
  | { type: 'node'; id: number; lat: number; lng: number; tags: OsmTags }
  | { type: 'way'; id: number; nodes: readonly number[]; tags: OsmTags }

/** The file is not (all of) an OpenStreetMap extract. */
export class OsmError extends Error {
  override readonly name = 'OsmError'
}

/**
 * Streams nodes and ways of an `.osm` or `.osm.gz` file, in memory bounded by one chunk.
 * @param onBytes told how much of the file was read, of how much
 * @throws OsmError where the file is damaged, truncated or no OSM XML
 */
export async function* readOsm(
  path: string,
  onBytes?: (read: number, total: number) => void,
): AsyncIterable<OsmElement> {
  const { size } = await stat(path)
  let read = 0
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      read += chunk.length
      onBytes?.(read, size)
      done(null, chunk)
    },
  })
  const text = path.endsWith('.gz') ? file.pipe(counted).pipe(createGunzip()) : file.pipe(counted)
  file.on('error', error => text.destroy(error))

  const parser = new SaxesParser()
  let ready: OsmElement[] = []
  let current:
    | {
        type: 'node' | 'way'
        id: number
        lat: number
        lng: number
        nodes: number[]
        tags: Record<string, string>
      }
    | undefined
  let rootSeen = false
  parser.on('error', error => {
    throw new OsmError(`${path} is damaged or truncated: ${error.message}`)
  })
  parser.on('opentag', ({ name, attributes }) => {
    const attribute = (key: string) => String(attributes[key] ?? '')
    if (!rootSeen) {
      if (name !== 'osm') throw new OsmError(`${path} is no OpenStreetMap XML: its root is <${name}>`)
      rootSeen = true
    } else if (name === 'node' || name === 'way') {
      current = {
        type: name,
        id: Number(attribute('id')),
        lat: Number(attribute('lat')),
        lng: Number(attribute('lon')),
        nodes: [],
        tags: {},
      }
    } else if (name === 'nd') current?.nodes.push(Number(attribute('ref')))
    else if (name === 'tag' && current) current.tags[attribute('k')] = attribute('v')
  })
  parser.on('closetag', ({ name }) => {
    if ((name !== 'node' && name !== 'way') || !current) return
    const { type, id, lat, lng, nodes, tags } = current
    current = undefined
    if (type === 'way') ready.push({ type, id, nodes, tags })
    else if (Math.abs(lat) <= 90 && Math.abs(lng) <= 180) ready.push({ type, id, lat, lng, tags })
    else throw new OsmError(`${path}: node ${id} has no position on Earth`)
  })

  const decoder = new TextDecoder()
  try {
    for await (const chunk of text) {
      parser.write(decoder.decode(chunk as Buffer, { stream: true }))
      const batch = ready
      ready = []
      yield* batch
    }
    parser.close()
  } catch (error) {
    if (error instanceof OsmError) throw error
    throw new OsmError(`${path} is damaged or truncated`, { cause: error })
  } finally {
    file.destroy()
  }
  if (!rootSeen) throw new OsmError(`${path} is empty`)
}
