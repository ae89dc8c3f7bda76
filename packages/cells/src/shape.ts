import { type CellId, type CellSide, cellSides, columnsOf, partsOf, rowsOf } from './cell.ts'
import { earthRadiusMeters, type LatLng } from './distance.ts'

/** Decimals of degrees that are told: a tenth of a metre, the same for everyone in the cell. */
const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

/** Nominal side in metres; no cell is narrower or lower. */
export const cellSideMeters = (cell: CellId): CellSide => cellSides[partsOf(cell).level]!

function edges(cell: CellId): { south: number; north: number; west: number; east: number } {
  const { level, row, column } = partsOf(cell)
  const rows = rowsOf(level)
  const columns = columnsOf(level, row)
  return {
    south: (row / rows) * 180 - 90,
    north: ((row + 1) / rows) * 180 - 90,
    west: (column / columns) * 360 - 180,
    east: ((column + 1) / columns) * 360 - 180,
  }
}

/** The point that stands for everyone in a cell. */
export function cellCenter(cell: CellId): LatLng {
  const { south, north, west, east } = edges(cell)
  return { lat: rounded((south + north) / 2), lng: rounded((west + east) / 2) }
}

/** Radius of the circle around the centre that holds the whole cell, in whole metres. */
export function cellRadiusMeters(cell: CellId): number {
  const { south, north, west, east } = edges(cell)
  const radians = Math.PI / 180
  const widest = Math.cos(Math.min(Math.abs(south), Math.abs(north)) * radians)
  const halfHeight = (earthRadiusMeters * (north - south) * radians) / 2
  const halfWidth = (earthRadiusMeters * widest * (east - west) * radians) / 2
  return Math.ceil(Math.hypot(halfHeight, Math.min(halfWidth, earthRadiusMeters)))
}

/** A cell as the API shows it. */
export const areaOf = (cell: CellId): { lat: number; lng: number; radiusMeters: number } => ({
  ...cellCenter(cell),
  radiusMeters: cellRadiusMeters(cell),
})

/** Corners, counter-clockwise from the south-west, the first repeated at the end (as GeoJSON wants rings). */
export function cellPolygon(cell: CellId): LatLng[] {
  const { south, north, west, east } = edges(cell)
  return [
    { lat: south, lng: west },
    { lat: south, lng: east },
    { lat: north, lng: east },
    { lat: north, lng: west },
    { lat: south, lng: west },
  ]
}
