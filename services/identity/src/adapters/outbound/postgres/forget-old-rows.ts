import type { Queryable } from '@walking-buddy/postgres'

const rowsPerStep = 2_000

/** What is of no more use after so many seconds. */
const tables = [
  { name: 'revocations', since: 'at', keepSeconds: 86_400 },
  { name: 'login_throttles', since: 'last_at', keepSeconds: 2 * 86_400 },
  { name: 'registration_refusals', since: 'last_at', keepSeconds: 2 * 3_600 },
  // As long as a registration may be repeated.
  { name: 'sessions', since: 'ended_at', keepSeconds: 8 * 86_400 },
]

/** Deletes old rows in small steps; several instances may do it at once. */
export async function forgetOldRows(db: Queryable, signal: AbortSignal): Promise<void> {
  for (const { name, since, keepSeconds } of tables) {
    let gone = rowsPerStep
    while (gone === rowsPerStep && !signal.aborted) {
      const { rowCount } = await db.query(
        `DELETE FROM ${name} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${name} WHERE ${since} < clock_timestamp() - $1 * interval '1 s'
           ORDER BY ${since} LIMIT ${rowsPerStep} FOR UPDATE SKIP LOCKED))`,
        [keepSeconds],
      )
      gone = rowCount
    }
  }
}
