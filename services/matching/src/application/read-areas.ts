import type { CellId } from '@walking-buddy/cells'
import { exhausted, isAppError } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import { areaOfCell, dayMs, dayOf, maxAreasPerDay, secondsLeftOfDay } from '../domain/areas.ts'
import type { AreaLedger } from './ports.ts'

/**
 * Lets an account read lists in so many areas a day. An area that was counted is remembered here, so that the
 * ledger is asked once for each, by each instance.
 *
 * @throws AppError exhausted `too-many-areas`; unavailable when a new area cannot be counted
 */
export type ReadAreas = (userId: string, cell: CellId) => Promise<void>

export function readAreas({ ledger, clock }: { ledger: AreaLedger; clock: Clock }): ReadAreas {
  let today = 0
  const counted = new Map<string, CellId[]>()
  return async (userId, cell) => {
    const day = Math.floor(clock.now() / dayMs)
    if (day !== today) {
      today = day
      counted.clear()
    }
    const area = areaOfCell(cell)
    const areas = counted.get(userId) ?? []
    if (areas.includes(area)) return
    if (areas.length >= maxAreasPerDay || !(await ledger.admit(userId, dayOf(clock.now()), area)))
      throw exhausted('too-many-areas', `Lists can be read in ${maxAreasPerDay} areas a day.`, {
        retryAfterSeconds: secondsLeftOfDay(clock.now()),
      })
    if (day === today) counted.set(userId, [...(counted.get(userId) ?? []), area])
  }
}

/** Whether an account may read lists there. @throws AppError unavailable when a new area cannot be counted */
export async function mayRead(readArea: ReadAreas, userId: string, cell: CellId): Promise<boolean> {
  try {
    await readArea(userId, cell)
    return true
  } catch (error) {
    if (isAppError(error) && error.kind === 'exhausted') return false
    throw error
  }
}
