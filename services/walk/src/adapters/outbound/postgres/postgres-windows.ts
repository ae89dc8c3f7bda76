import type { Postgres } from '@walking-buddy/postgres'
import type { Walk } from '../../../domain/walk.ts'
import { type WalkRow, walkOf } from './walk-row.ts'

/** What those must know who pass positions on. */
export interface Windows {
  /** Every walk that is on, and those that ended within 15 minutes. */
  snapshot(): Promise<Walk[]>
  /** Walks that changed within the last minute. */
  recent(): Promise<Walk[]>
}

export function postgresWindows(pg: Postgres): Windows {
  const walks = async (condition: string) =>
    (await pg.query<WalkRow>(`SELECT * FROM walks WHERE ${condition}`)).rows.map(walkOf)
  const changedWithin = (minutes: number) =>
    `cardinality(accepted_by) = 2 AND changed_at > clock_timestamp() - interval '${minutes} min'`
  return {
    snapshot: () =>
      walks(`status IN ('accepted', 'in_progress')
        OR (${changedWithin(15)} AND status IN ('completed', 'cancelled', 'expired'))`),
    recent: () => walks(changedWithin(1)),
  }
}
