import type { Postgres, Tx } from '@walking-buddy/postgres'
import type { RefusalLog, Throttles } from '../../../application/ports.ts'

type Row = { key: string; attempts: number; lastAt: Date; blockedUntil: Date }

/** Others who want one of the keys wait until the transaction has ended; also where there is no row yet. */
const lockKeys = (tx: Tx, keys: readonly string[]) =>
  tx.query('SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key', [
    [...keys].sort(),
  ])

/** Attempts to sign in, by key. */
export function postgresThrottles(pg: Postgres): Throttles {
  return {
    update: (keys, change) =>
      pg.transaction(async tx => {
        await lockKeys(tx, keys)
        const { rows } = await tx.query<Row>(
          `SELECT key, attempts, last_at AS "lastAt", blocked_until AS "blockedUntil"
           FROM login_throttles WHERE key = ANY ($1::text[])`,
          [keys],
        )
        const { keep, result } = change(keys.map(key => rows.find(row => row.key === key)))
        if (keep) {
          const kept = keys.flatMap((key, i) => (keep[i] ? [{ key, ...keep[i] }] : []))
          await tx.query(
            `WITH forgotten AS (DELETE FROM login_throttles WHERE key = ANY ($5::text[]) AND key <> ALL ($1::text[]))
             INSERT INTO login_throttles (key, attempts, last_at, blocked_until)
             SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[])
             ON CONFLICT (key) DO UPDATE SET attempts = excluded.attempts, last_at = excluded.last_at,
               blocked_until = excluded.blocked_until`,
            [
              kept.map(({ key }) => key),
              kept.map(({ attempts }) => attempts),
              kept.map(({ lastAt }) => lastAt),
              kept.map(({ blockedUntil }) => blockedUntil),
              keys,
            ],
          )
        }
        return result
      }),
  }
}

/** Answers that told a network that something is taken. */
export function postgresRefusals(pg: Postgres): RefusalLog {
  const answersOf = async (db: Pick<Tx, 'query'>, key: string): Promise<Date[]> => {
    const { rows } = await db.query<{ answeredAt: Date[] }>(
      'SELECT answered_at AS "answeredAt" FROM registration_refusals WHERE key = $1',
      [key],
    )
    return rows[0]?.answeredAt ?? []
  }
  return {
    answers: key => answersOf(pg, key),
    update: (key, change) =>
      pg.transaction(async tx => {
        await lockKeys(tx, [key])
        const { keep, result } = change(await answersOf(tx, key))
        if (keep)
          await tx.query(
            `INSERT INTO registration_refusals (key, answered_at, last_at) VALUES ($1, $2, $3)
             ON CONFLICT (key) DO UPDATE SET answered_at = excluded.answered_at, last_at = excluded.last_at`,
            [key, keep, keep.at(-1)],
          )
        return result
      }),
  }
}
