import { type CellId, cellParent } from '@walking-buddy/cells'

/** So many areas an account may read lists in on one day, UTC: whoever travels does, whoever maps a city does not. */
export const maxAreasPerDay = 12

/** The cell of 3,200 m around a cell. */
export function areaOfCell(cell: CellId): CellId {
  const parent = cellParent(cell)
  return parent === undefined ? cell : areaOfCell(parent)
}

export const dayMs = 86_400_000

/** `2026-05-20`, in UTC. */
export const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

/** From now to the next day, in whole seconds. */
export const secondsLeftOfDay = (timeMs: number): number => 86_400 - Math.floor((timeMs % dayMs) / 1_000)
