import type { Postgres } from '@walking-buddy/postgres'
import type { Blocks } from '../../../application/ports.ts'

/** The read model behind `Blocks`: it may lag, so that it never refuses anything by itself. */
export interface BlockTable extends Pick<Blocks, 'keep' | 'forget'> {
  says(userId: string, otherId: string): Promise<boolean>
}

export function postgresBlocks(pg: Postgres): BlockTable {
  return {
    async says(userId, otherId) {
      const { rowCount } = await pg.query(
        `SELECT FROM user_blocks WHERE (user_id = $1 AND $2 = ANY (blocked_ids))
           OR (user_id = $2 AND $1 = ANY (blocked_ids))`,
        [userId, otherId],
      )
      return rowCount > 0
    },
    async keep(userId, version, blockedIds) {
      await pg.query(
        `INSERT INTO user_blocks (user_id, version, blocked_ids) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, blocked_ids = excluded.blocked_ids
         WHERE user_blocks.version < excluded.version`,
        [userId, version, blockedIds],
      )
    },
    async forget(userId) {
      await pg.query('DELETE FROM user_blocks WHERE user_id = $1', [userId])
    },
  }
}
