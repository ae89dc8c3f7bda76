import { type CellId, cellCenter, earthRadiusMeters } from '@walking-buddy/cells'
import { bucketOf, columnsOf, rowAt, turnOf } from './buckets.ts'
import { type CellGrid, centerAt, writePoint } from './cell-grid.ts'

const radians = Math.PI / 180
/** A band is looked for a little further out than it reaches, for distances are told in whole metres. */
const marginMeters = 1
/** One number for a cell and its distance, ordered by distance. */
const distanceFactor = 2 ** 32

interface Box {
  south: number
  north: number
  /** Half of its width, in turns of the Earth. */
  halfTurn: number
}

/**
 * Walks outwards from the centre of a cell, band by band, over the cells of a grid: each cell once, none further
 * than the radius, none looked at before the box around its band. One walk at a time.
 */
export class RingWalk {
  /** How many cells the present band has. */
  count = 0

  readonly #grid: CellGrid
  readonly #center = new Float64Array(3)
  #band = new Float64Array(64)
  /** Cells that were met in a bucket, but lie further out than the bands so far. */
  #later = new Float64Array(64)
  #laterCount = 0
  #lat = 0
  #lng = 0
  #radiusMeters = 0
  #reachedMeters = -1
  #box: Box | undefined

  constructor(grid: CellGrid) {
    this.#grid = grid
  }

  start(from: CellId, radiusMeters: number): void {
    const center = cellCenter(from)
    this.#lat = center.lat
    this.#lng = center.lng
    writePoint(this.#center, 0, center)
    this.#radiusMeters = radiusMeters
    this.#reachedMeters = -1
    this.#box = undefined
    this.#laterCount = 0
    this.count = 0
  }

  /** Goes on to the cells up to `edgeMeters`, sorted by distance; false when the radius was reached before. */
  nextBand(edgeMeters: number): boolean {
    if (this.#reachedMeters >= this.#radiusMeters) return false
    const edge = Math.min(edgeMeters, this.#radiusMeters)
    this.count = 0
    this.#takeUp(edge)
    this.#visit(edge)
    this.#reachedMeters = edge
    sortAscending(this.#band, this.count)
    return true
  }

  cellAt(index: number): number {
    const met = this.#band[index]!
    return met - Math.floor(met / distanceFactor) * distanceFactor
  }

  /** Whole metres from the centre of the first cell to that of this one. */
  distanceAt(index: number): number {
    return Math.floor(this.#band[index]! / distanceFactor)
  }

  #takeUp(edge: number): void {
    const limit = (edge + 1) * distanceFactor
    let left = 0
    for (let i = 0; i < this.#laterCount; i++) {
      const met = this.#later[i]!
      if (met < limit) this.#join(met)
      else this.#later[left++] = met
    }
    this.#laterCount = left
  }

  #visit(edge: number): void {
    const inner = this.#box
    const outer = this.#boxTo(edge)
    const turn = turnOf(this.#lng)
    for (let row = outer.south; row <= outer.north; row++) {
      const columns = columnsOf(row)
      let from = Math.floor((turn - outer.halfTurn) * columns)
      let to = Math.floor((turn + outer.halfTurn) * columns)
      const all = to - from + 1 >= columns
      if (inner === undefined || row < inner.south || row > inner.north) {
        if (all) to = from + columns - 1
        for (let column = from; column <= to; column++) this.#look(bucketOf(row, column), edge)
        continue
      }
      const seenFrom = Math.floor((turn - inner.halfTurn) * columns)
      const seenTo = Math.floor((turn + inner.halfTurn) * columns)
      if (all) {
        from = seenFrom
        to = seenFrom + columns - 1
      }
      for (let column = from; column < seenFrom; column++) this.#look(bucketOf(row, column), edge)
      for (let column = seenTo + 1; column <= to; column++) this.#look(bucketOf(row, column), edge)
    }
    this.#box = outer
  }

  /** Rows and longitudes that hold everything within a distance; around a pole that is every longitude. */
  #boxTo(meters: number): Box {
    const angle = (meters + marginMeters) / earthRadiusMeters
    const degrees = angle / radians
    const toPole = (90 - Math.abs(this.#lat)) * radians
    const halfTurn =
      angle >= toPole - 1e-9 ? 0.5 : Math.asin(Math.sin(angle) / Math.sin(toPole)) / (2 * Math.PI)
    return { south: rowAt(this.#lat - degrees), north: rowAt(this.#lat + degrees), halfTurn }
  }

  #look(place: number, edge: number): void {
    const { buckets, cells } = this.#grid
    const bucket = buckets.find(place)
    if (bucket < 0) return
    const { numbers } = cells
    const x = this.#center[0]!
    const y = this.#center[1]!
    const z = this.#center[2]!
    const first = buckets.firstCell(bucket)
    const end = first + buckets.cellCount(bucket)
    for (let cell = first; cell < end; cell++) {
      const at = centerAt(cell)
      const dx = numbers[at]! - x
      const dy = numbers[at + 1]! - y
      const dz = numbers[at + 2]! - z
      // The haversine is half the chord; this series of the arcsine is good to a millimetre up to 100 km.
      const square = (dx * dx + dy * dy + dz * dz) / 4
      const distance = Math.floor(
        2 * earthRadiusMeters * Math.sqrt(square) * (1 + square / 6 + (3 * square * square) / 40) + 0.5,
      )
      if (distance > this.#radiusMeters) continue
      const met = distance * distanceFactor + cell
      if (distance <= edge) this.#join(met)
      else {
        this.#later = roomFor(this.#later, this.#laterCount + 1)
        this.#later[this.#laterCount++] = met
      }
    }
  }

  #join(met: number): void {
    this.#band = roomFor(this.#band, this.count + 1)
    this.#band[this.count++] = met
  }
}

/** The same numbers with room for `length` of them. */
function roomFor(numbers: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= numbers.length) return numbers
  const grown = new Float64Array(numbers.length * 2)
  grown.set(numbers)
  return grown
}

/** Sorts the first `count` numbers; most bands have a handful. */
function sortAscending(numbers: Float64Array, count: number): void {
  if (count > 32) {
    numbers.subarray(0, count).sort()
    return
  }
  for (let i = 1; i < count; i++) {
    const value = numbers[i]!
    let at = i
    for (; at > 0 && numbers[at - 1]! > value; at--) numbers[at] = numbers[at - 1]!
    numbers[at] = value
  }
}
