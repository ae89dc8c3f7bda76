import type { Postgres } from '@walking-buddy/postgres'
import type { Walks } from '../../../application/ports.ts'
import { type WalkRow, walkOf } from './walk-row.ts'

/** Both people, whoever asked whom; written as the index is. */
export const pairIs = (one: string, other: string): string =>
  `least(initiator_id, partner_id) = least(${one}::uuid, ${other}::uuid)
   AND greatest(initiator_id, partner_id) = greatest(${one}::uuid, ${other}::uuid)`

/** Walks as they are committed, from the primary. */
export function postgresWalks(pg: Postgres): Walks {
  const walks = async (sql: string, params: readonly unknown[]) =>
    (await pg.query<WalkRow>(sql, params)).rows.map(walkOf)
  const holds = async (condition: string, params: readonly unknown[]): Promise<boolean> =>
    (
      await pg.query<{ holds: boolean }>(
        `SELECT EXISTS (SELECT FROM walks WHERE ${condition}) AS holds`,
        params,
      )
    ).rows[0]!.holds

  return {
    async find(walkId) {
      const [walk] = await walks('SELECT * FROM walks WHERE id = $1', [walkId])
      return walk
    },
    findAll: walkIds => walks('SELECT * FROM walks WHERE id = ANY ($1::uuid[])', [walkIds]),
    page(userId, { statuses, role }, { beforeId, limit }) {
      const side = (column: 'initiator_id' | 'partner_id') =>
        `(SELECT * FROM walks WHERE ${column} = $1
          AND ($2::uuid IS NULL OR id < $2) AND ($3::text[] IS NULL OR status = ANY ($3))
          ORDER BY id DESC LIMIT $4)`
      const sides = [
        ...(role === 'partner' ? [] : [side('initiator_id')]),
        ...(role === 'initiator' ? [] : [side('partner_id')]),
      ]
      return walks(`SELECT * FROM (${sides.join(' UNION ALL ')}) AS own ORDER BY id DESC LIMIT $4`, [
        userId,
        beforeId ?? null,
        statuses ?? null,
        limit,
      ])
    },
    haveWalked: (userId, otherId, since) =>
      holds(`${pairIs('$1', '$2')} AND status = 'completed' AND end_time > $3`, [userId, otherId, since]),
    areAcquainted: (userId, otherId, since, now) =>
      holds(
        `${pairIs('$1', '$2')} AND (status IN ('accepted', 'in_progress')
           OR (status = 'requested' AND expires_at > $4) OR end_time > $3)`,
        [userId, otherId, since, now],
      ),
    openBetween: (userId, otherIds) =>
      walks(
        `SELECT * FROM walks WHERE (initiator_id = $1 OR partner_id = $1) AND status IN ('requested', 'accepted', 'in_progress')
           AND ($2::uuid[] IS NULL OR initiator_id = ANY ($2) OR partner_id = ANY ($2))
         ORDER BY id`,
        [userId, otherIds ?? null],
      ),
    async due(now, limit) {
      const { rows } = await pg.query<{ id: string }>(
        'SELECT id FROM walks WHERE due_at <= $1 ORDER BY due_at LIMIT $2',
        [now, limit],
      )
      return rows.map(({ id }) => id)
    },
    async nextDueAt() {
      const { rows } = await pg.query<{ at: Date | null }>('SELECT min(due_at) AS at FROM walks')
      return rows[0]!.at ?? undefined
    },
  }
}
