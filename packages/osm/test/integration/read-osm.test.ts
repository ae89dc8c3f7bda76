import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { distanceMeters } from '@walking-buddy/cells'
import { afterAll, describe, expect, test } from 'vitest'
import { importMap, readOsm, readStreets } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'osm-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileOf = (name: string, content: string | Buffer): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const map = `<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlat="1" minlon="1" maxlat="2" maxlon="2"/>
<node id="1" lat="48.0" lon="-20.0"/><node id="2" lat="48.001" lon="-20.0"/><node id="3" lat="48.001" lon="-19.999"/>
<node id="4" lat="48.0005" lon="-20.0005"><tag k="addr:street" v="Ash &amp; Elm Lane"/><tag k="addr:housenumber" v="7"/></node>
<node id="5" lat="48.002" lon="-20.0"><tag k="amenity" v="cafe"/><tag k="name" v="Café Ü 🌊"/></node>
<node id="6" lat="48.002" lon="-20.0"><tag k="highway" v="crossing"/></node>
<way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
<way id="11"><nd ref="1"/><nd ref="99"/><tag k="highway" v="motorway"/></way>
<way id="12"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/><tag k="addr:housenumber" v="9"/></way>
<relation id="20"><member type="way" ref="10" role=""/><tag k="type" v="route"/></relation>
</osm>`

describe('an extract', () => {
  test('gives addresses of nodes and buildings, and named places by category', async () => {
    const { places, addressCount } = await importMap(fileOf('map.osm', map))
    expect(addressCount).toBe(2)
    expect(places).toContainEqual({
      kind: 'address',
      category: 'address',
      name: 'Ash & Elm Lane 7',
      lat: 48.0005,
      lng: -20.0005,
    })
    expect(places).toContainEqual({
      kind: 'place',
      category: 'cafe',
      name: 'Café Ü 🌊',
      lat: 48.002,
      lng: -20,
    })
  })

  test('reads the same from gzip, whatever the chunks', async () => {
    const plain = await importMap(fileOf('plain.osm', map))
    expect(await importMap(fileOf('packed.osm.gz', gzipSync(map)))).toEqual(plain)
  })

  test('gives the shortest way for walkers, and none onto a motorway', async () => {
    const streets = await readStreets(fileOf('streets.osm', map))
    const [from, to] = [
      streets.nearest({ lat: 48, lng: -20 }),
      streets.nearest({ lat: 48.001, lng: -19.999 }),
    ]
    expect(streets.path(from, to)).toHaveLength(3)
    expect(streets.points).toHaveLength(3)
  })

  test.each([
    ['truncated XML', map.slice(0, 700), 'damaged'],
    ['a truncated gzip file', gzipSync(map).subarray(0, 300), 'damaged'],
    ['something else', '<html><body/></html>', 'no OpenStreetMap XML'],
    ['nothing', '', 'damaged'],
    ['a position off the Earth', map.replace('lat="48.002"', 'lat="148.002"'), 'no position on Earth'],
  ])('%s is an error that says so', async (_what, content, message) => {
    const path = fileOf(`bad${typeof content === 'string' ? '.osm' : '.osm.gz'}`, content)
    await expect(importMap(path)).rejects.toThrow(message)
  })
})

const monaco = join(import.meta.dirname, '../../../../../shared/data/osm/monaco.osm.gz')
describe.skipIf(!existsSync(monaco))('the extract of Monaco (skipped where ../shared is absent)', () => {
  test('has all its ways, and streets that connect', async () => {
    const text = gunzipSync(readFileSync(monaco)).toString()
    let ways = 0
    for await (const element of readOsm(monaco)) if (element.type === 'way') ways += 1
    expect(ways).toBe(text.match(/<way /g)!.length)
    const streets = await readStreets(monaco)
    const [from, to] = [
      streets.nearest({ lat: 43.7396, lng: 7.4276 }),
      streets.nearest({ lat: 43.7311, lng: 7.4197 }),
    ]
    const path = streets.path(from, to)!
    const meters = path.slice(1).reduce((sum, point, i) => sum + distanceMeters(path[i]!, point), 0)
    expect(meters).toBeGreaterThan(distanceMeters(path[0]!, path.at(-1)!))
    expect(meters).toBeLessThan(4_000)
  })
})
