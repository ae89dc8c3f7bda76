import type { Queryable } from '@walking-buddy/postgres'
import type { BlockEntry, Blocks } from '../../../application/ports.ts'

/** Who blocks whom. The version of a user's list lies with the user. */
export function postgresBlocks(db: Queryable): Blocks {
  const setVersion = (userId: string, version: number) =>
    db.query('UPDATE users SET blocks_version = $2 WHERE id = $1', [userId, version])

  const ids = async (sql: string, userId: string): Promise<string[]> =>
    (await db.query<{ id: string }>(sql, [userId])).rows.map(row => row.id)

  const blockedBy = (userId: string) =>
    ids('SELECT blocked_id AS id FROM blocks WHERE blocker_id = $1 ORDER BY blocked_at, blocked_id', userId)

  return {
    async lock(blockerId) {
      const { rows } = await db.query<{ version: number }>(
        'SELECT blocks_version AS version FROM users WHERE id = $1 FOR NO KEY UPDATE',
        [blockerId],
      )
      return (
        rows[0] && { userId: blockerId, version: rows[0].version, blockedIds: await blockedBy(blockerId) }
      )
    },
    async add({ userId, version }, blockedId, at) {
      await setVersion(userId, version)
      await db.query('INSERT INTO blocks (blocker_id, blocked_id, blocked_at) VALUES ($1, $2, $3)', [
        userId,
        blockedId,
        at,
      ])
    },
    async remove({ userId, version }, blockedId) {
      await setVersion(userId, version)
      await db.query('DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2', [userId, blockedId])
    },
    async page(blockerId, limit, after) {
      const { rows } = await db.query<BlockEntry & Record<string, unknown>>(
        `SELECT b.blocked_id AS "userId", u.username, b.blocked_at AS "blockedAt"
         FROM blocks b JOIN users u ON u.id = b.blocked_id
         WHERE b.blocker_id = $1
           AND ($3::timestamptz IS NULL OR (b.blocked_at, b.blocked_id) < ($3::timestamptz, $4::uuid))
         ORDER BY b.blocked_at DESC, b.blocked_id DESC LIMIT $2`,
        [blockerId, limit, after?.at ?? null, after?.userId ?? null],
      )
      return rows
    },
    async around(userId) {
      const [blockedIds, blockedByIds] = await Promise.all([
        blockedBy(userId),
        ids('SELECT blocker_id AS id FROM blocks WHERE blocked_id = $1', userId),
      ])
      return { blockedIds, blockedByIds }
    },
    async isBetween(userId, otherId) {
      const { rowCount } = await db.query(
        `SELECT FROM blocks
         WHERE (blocker_id = $1 AND blocked_id = $2) OR (blocker_id = $2 AND blocked_id = $1)`,
        [userId, otherId],
      )
      return rowCount > 0
    },
    async allowsPair(userId, otherId) {
      const { rows } = await db.query<{ allowed: boolean }>(
        `SELECT (SELECT count(*) FROM users WHERE id IN ($1, $2) AND suspended_at IS NULL) = 2
           AND NOT EXISTS (SELECT FROM blocks
             WHERE (blocker_id = $1 AND blocked_id = $2) OR (blocker_id = $2 AND blocked_id = $1)) AS allowed`,
        [userId, otherId],
      )
      return rows[0]!.allowed
    },
  }
}
