import { createHmac } from 'node:crypto'
import { cellToken } from '@walking-buddy/cells'
import type { Queryable } from '@walking-buddy/postgres'
import type { AreaLedger } from '../../../application/ports.ts'
import { maxAreasPerDay } from '../../../domain/areas.ts'

/**
 * One row an account and day. Areas are stored as keyed hashes that differ by person and day: enough to count them,
 * of no use to whoever wants to know where somebody has been.
 */
export function postgresAreas(db: Queryable, key: Uint8Array): AreaLedger {
  const hashOf = (...about: readonly string[]): bigint =>
    createHmac('sha256', key).update(about.join(' ')).digest().readBigInt64LE(0)
  return {
    async admit(userId, day, area) {
      const hash = hashOf(userId, day, cellToken(area))
      const { rows } = await db.query<{ counted: boolean }>(
        `INSERT INTO list_areas AS kept (user_id, day, areas) VALUES ($1, $2, ARRAY[$3::bigint])
         ON CONFLICT (user_id, day) DO UPDATE SET areas =
           CASE WHEN $3 = ANY (kept.areas) OR cardinality(kept.areas) >= $4 THEN kept.areas
                ELSE kept.areas || $3::bigint END
         RETURNING $3 = ANY (areas) AS counted`,
        [userId, day, hash, maxAreasPerDay],
      )
      return rows[0]!.counted
    },
    async forgetBefore(day) {
      await db.query('DELETE FROM list_areas WHERE day < $1', [day])
    },
  }
}
