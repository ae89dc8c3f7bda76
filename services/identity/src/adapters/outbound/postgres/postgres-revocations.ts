import type { Queryable } from '@walking-buddy/postgres'
import type { Revocation, SessionEnd } from '../../../domain/facts.ts'

export interface StoredRevocation {
  id: bigint
  at: Date
  revocation: Revocation
}

type Row = { id: bigint; at: Date; subject: Revocation }

/** What has to act at once, in the transaction that makes it so. */
export async function addRevocations(db: Queryable, revocations: readonly Revocation[]): Promise<void> {
  await db.query(
    `INSERT INTO revocations (subject)
     SELECT subject FROM unnest($1::jsonb[]) WITH ORDINALITY AS given (subject, position) ORDER BY position`,
    [revocations.map(revocation => JSON.stringify(revocation))],
  )
}

/** Those of the last so many seconds by the database's clock, in the order of their ids. */
export async function recentRevocations(db: Queryable, seconds: number): Promise<StoredRevocation[]> {
  const { rows } = await db.query<Row>(
    `SELECT id, at, subject FROM revocations WHERE at >= clock_timestamp() - $1 * interval '1 s' ORDER BY id`,
    [seconds],
  )
  return rows.map(({ id, at, subject }) => ({ id, at, revocation: revived(subject) }))
}

/** JSON has no dates. */
function revived(subject: Revocation): Revocation {
  if (subject.kind !== 'session-ended') return subject
  const session: SessionEnd = { ...subject.session, at: new Date(subject.session.at) }
  return { ...subject, session }
}
