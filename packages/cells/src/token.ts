import { type CellId, cellSides, columnsOf, partsOf, rowsOf } from './cell.ts'

/** A cell in topics, stores and files: ten hexadecimal digits. */
export const cellToken = (cell: CellId): string => cell.toString(16).padStart(10, '0')

/** @throws RangeError where the token names no cell */
export function parseCellToken(token: string): CellId {
  if (/^[0-9a-f]{10}$/.test(token)) {
    const cell = Number.parseInt(token, 16) as CellId
    const { level, row, column } = partsOf(cell)
    if (level < cellSides.length && row < rowsOf(level) && column < columnsOf(level, row)) return cell
  }
  throw new RangeError(`${JSON.stringify(token)} is no cell`)
}
