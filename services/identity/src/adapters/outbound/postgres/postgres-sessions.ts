import type { Queryable } from '@walking-buddy/postgres'
import type { Sessions } from '../../../application/ports.ts'
import type { Session, SessionEndReason } from '../../../domain/session.ts'

type Row = {
  id: string
  userId: string
  createdAt: Date
  usedAt: Date
  newestSerial: number
  predecessorSerial: number | null
  supersededAt: Date | null
  endedAt: Date | null
  endReason: SessionEndReason | null
}

const columns = `id, user_id AS "userId", created_at AS "createdAt", used_at AS "usedAt",
  newest_serial AS "newestSerial", predecessor_serial AS "predecessorSerial", superseded_at AS "supersededAt",
  ended_at AS "endedAt", end_reason AS "endReason"`

function sessionOf(row: Row): Session {
  const { predecessorSerial, supersededAt, endedAt, endReason, ...session } = row
  return {
    ...session,
    predecessor:
      predecessorSerial !== null && supersededAt !== null
        ? { serial: predecessorSerial, supersededAt }
        : null,
    ended: endedAt !== null && endReason !== null ? { at: endedAt, reason: endReason } : null,
  }
}

/** Sessions; ended ones stay for a while. */
export function postgresSessions(db: Queryable): Sessions {
  const query = async (sql: string, params: readonly unknown[]): Promise<Session[]> =>
    (await db.query<Row>(sql, params)).rows.map(sessionOf)

  return {
    find: async sessionId => (await query(`SELECT ${columns} FROM sessions WHERE id = $1`, [sessionId]))[0],
    lock: async sessionId =>
      (await query(`SELECT ${columns} FROM sessions WHERE id = $1 FOR UPDATE`, [sessionId]))[0],
    async isActive(sessionId, userId, usedSince) {
      const { rowCount } = await db.query(
        `SELECT FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = $1 AND u.id = $2 AND s.ended_at IS NULL AND s.used_at > $3 AND u.suspended_at IS NULL`,
        [sessionId, userId, usedSince],
      )
      return rowCount === 1
    },
    async add({ id, userId, createdAt, usedAt, newestSerial }) {
      await db.query(
        'INSERT INTO sessions (id, user_id, created_at, used_at, newest_serial) VALUES ($1, $2, $3, $4, $5)',
        [id, userId, createdAt, usedAt, newestSerial],
      )
    },
    async save({ id, usedAt, newestSerial, predecessor, ended }) {
      await db.query(
        `UPDATE sessions SET used_at = $2, newest_serial = $3, predecessor_serial = $4, superseded_at = $5,
           ended_at = $6, end_reason = $7
         WHERE id = $1`,
        [
          id,
          usedAt,
          newestSerial,
          predecessor?.serial ?? null,
          predecessor?.supersededAt ?? null,
          ended?.at ?? null,
          ended?.reason ?? null,
        ],
      )
    },
    endAll: (userId, reason, at) =>
      query(
        `UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE user_id = $1 AND ended_at IS NULL
         RETURNING ${columns}`,
        [userId, at, reason],
      ),
    endUnused: (usedBefore, at, limit) =>
      query(
        `UPDATE sessions SET ended_at = $2, end_reason = 'revoked'
         WHERE id = ANY (ARRAY(
           SELECT id FROM sessions WHERE ended_at IS NULL AND used_at <= $1
           ORDER BY used_at LIMIT $3 FOR UPDATE SKIP LOCKED))
         RETURNING ${columns}`,
        [usedBefore, at, limit],
      ),
    endedBySuspension: (userId, since) =>
      query(
        `SELECT ${columns} FROM sessions WHERE user_id = $1 AND end_reason = 'suspended' AND ended_at >= $2`,
        [userId, since],
      ),
  }
}
