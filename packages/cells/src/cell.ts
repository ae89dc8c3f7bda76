import { earthRadiusMeters } from './distance.ts'

/** Side of a cell in metres; each nests exactly into the next. */
export type CellSide = 200 | 400 | 800 | 1600 | 3200

/** One cell of the published grid: 38 bits, so a safe integer. */
export type CellId = number & { readonly __cell: unique symbol }

export const cellSides: readonly CellSide[] = [200, 400, 800, 1600, 3200]

/*
 * The grid: bands of latitude, one coarsest cell (3,200 m) high; within a band columns of equal longitude, so many
 * that a cell is nowhere narrower than its side. Finer cells halve both, four to a parent. No cell is smaller than
 * its name, and all of one side have nearly the same area (the poles' last bands apart).
 *
 * id = (level << 35) | (row << 18) | column, level 0 = 200 m … 4 = 3,200 m; row and column count at that level.
 */
const coarsest = 4
const rowFactor = 2 ** 18
const levelFactor = 2 ** 35

/** Bands from pole to pole. */
export const bands = Math.floor((Math.PI * earthRadiusMeters) / 3200)

/** Coarsest columns of a band, by the length of its parallel nearest to the pole. */
const bandColumns = Uint16Array.from({ length: bands }, (_, band) => {
  const edge = Math.max(Math.abs(-90 + (band * 180) / bands), Math.abs(-90 + ((band + 1) * 180) / bands))
  const circumference = 2 * Math.PI * earthRadiusMeters * Math.cos((Math.min(edge, 90) * Math.PI) / 180)
  return Math.max(1, Math.floor(circumference / 3200))
})

/** Rows of a level, pole to pole. */
export const rowsOf = (level: number): number => bands * 2 ** (coarsest - level)

/** Columns of a row of a level, around the Earth. */
export const columnsOf = (level: number, row: number): number =>
  bandColumns[Math.floor(row / 2 ** (coarsest - level))]! * 2 ** (coarsest - level)

/** Packs a cell; arguments are trusted. */
export const cellOf = (level: number, row: number, column: number): CellId =>
  (level * levelFactor + row * rowFactor + column) as CellId

/** Level, row and column of a cell. */
export function partsOf(cell: CellId): { level: number; row: number; column: number } {
  const level = Math.floor(cell / levelFactor)
  const rest = cell - level * levelFactor
  const row = Math.floor(rest / rowFactor)
  return { level, row, column: rest - row * rowFactor }
}

/** The cell of that side which holds a position in degrees WGS 84. */
export function cellAt(lat: number, lng: number, side: CellSide): CellId {
  const level = cellSides.indexOf(side)
  const rows = rowsOf(level)
  const row = Math.min(rows - 1, Math.max(0, Math.floor(((lat + 90) / 180) * rows)))
  const columns = columnsOf(level, row)
  const turn = (lng + 180) / 360
  const column = Math.min(columns - 1, Math.floor((turn - Math.floor(turn)) * columns))
  return cellOf(level, row, column)
}

/** The next coarser cell around a cell; undefined for the coarsest. */
export function cellParent(cell: CellId): CellId | undefined {
  const { level, row, column } = partsOf(cell)
  return level === coarsest ? undefined : cellOf(level + 1, Math.floor(row / 2), Math.floor(column / 2))
}
