import { createHash } from 'node:crypto'
import { type CellId, type CellSide, cellAt, cellParent, cellSides } from './cell.ts'
import type { LatLng } from './distance.ts'
import { cellSideMeters } from './shape.ts'

/** So many addresses a published cell holds at least, wherever the map knows them. */
export const minimumAddresses = 50

/** How finely the map allows to publish. Static data: people who come and go do not change it. */
export interface Density {
  /** Tells one artefact from another. */
  version: string
  /** Side of the cell that someone at this position is published in. */
  sideAt(lat: number, lng: number): CellSide
}

/** Where no address data is loaded. */
export const noDensity: Density = { version: 'none', sideAt: () => 800 }

/** The cell that stands for someone at this position. */
export const publishedCell = (density: Density, position: LatLng): CellId =>
  cellAt(position.lat, position.lng, density.sideAt(position.lat, position.lng))

const magic = 'WBCELLS1'
const headerBytes = 16

/**
 * The artefact `cells.bin`, from addresses and from positions of anything that the map covers.
 *
 * From the finest level up, a cell is published where at least 50 addresses in it lie in none of its finer published
 * cells. Counting only what is left over matters: whoever appears in a coarse cell is known not to be in the finer
 * ones inside, so that just the rest of it hides them.
 */
export function densityOf(addresses: Iterable<LatLng>, covered: Iterable<LatLng>): Buffer {
  const coverage = new Set<CellId>()
  let counts = new Map<CellId, number>()
  for (const { lat, lng } of addresses) {
    const cell = cellAt(lat, lng, 200)
    counts.set(cell, (counts.get(cell) ?? 0) + 1)
    coverage.add(cellAt(lat, lng, 3200))
  }
  for (const { lat, lng } of covered) coverage.add(cellAt(lat, lng, 3200))

  const published: CellId[] = []
  while (counts.size > 0) {
    const coarser = new Map<CellId, number>()
    for (const [cell, count] of counts) {
      const parent = cellParent(cell)
      if (count >= minimumAddresses) published.push(cell)
      else if (parent !== undefined) coarser.set(parent, (coarser.get(parent) ?? 0) + count)
    }
    counts = coarser
  }
  return encode(published.sort(ascending), [...coverage].sort(ascending))
}

const ascending = (a: number, b: number) => a - b

function encode(published: readonly CellId[], coverage: readonly CellId[]): Buffer {
  const bytes = Buffer.alloc(headerBytes + (published.length + coverage.length) * 8)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt32LE(published.length, 8)
  bytes.writeUInt32LE(coverage.length, 12)
  let offset = headerBytes
  for (const cell of [...published, ...coverage]) offset = bytes.writeDoubleLE(cell, offset)
  return bytes
}

/** @throws Error where the bytes are no (whole) `cells.bin` */
export function densityFrom(bytes: Buffer): Density {
  if (bytes.length < headerBytes || bytes.toString('latin1', 0, 8) !== magic)
    throw new Error('not a cells.bin')
  const publishedCount = bytes.readUInt32LE(8)
  const coverageCount = bytes.readUInt32LE(12)
  if (bytes.length !== headerBytes + (publishedCount + coverageCount) * 8)
    throw new Error('cells.bin is truncated')
  const read = (from: number, count: number) =>
    new Set(
      Array.from({ length: count }, (_, i) => bytes.readDoubleLE(headerBytes + (from + i) * 8) as CellId),
    )
  const published = read(0, publishedCount)
  const coverage = read(publishedCount, coverageCount)
  return {
    version: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    sideAt(lat, lng) {
      if (!coverage.has(cellAt(lat, lng, 3200))) return noDensity.sideAt(lat, lng)
      for (
        let cell: CellId | undefined = cellAt(lat, lng, cellSides[0]!);
        cell !== undefined;
        cell = cellParent(cell)
      )
        if (published.has(cell)) return cellSideMeters(cell)
      return 3200
    },
  }
}
