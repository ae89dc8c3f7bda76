import type { Postgres } from '@walking-buddy/postgres'
import type { Accounts } from '../../../application/ports.ts'
import { type AccountRow, accountOf } from './account-row.ts'
import { leaveIntents } from './intent-rows.ts'

/** The read model of accounts; what follows from a change is asked for in the same transaction. */
export function postgresAccounts(pg: Postgres): Accounts {
  return {
    async find(userIds) {
      const { rows } = await pg.query<AccountRow & { consent_version_used: number }>(
        `SELECT account.*, coalesce(presence.consent_version_used, -1) AS consent_version_used
         FROM accounts AS account LEFT JOIN presences AS presence USING (user_id)
         WHERE account.user_id = ANY ($1::uuid[])`,
        [userIds],
      )
      return rows.map(row => ({ ...accountOf(row), consentVersionUsed: row.consent_version_used }))
    },

    async learn(userId, merge) {
      await pg.transaction(async tx => {
        // Two instances may hear of somebody new at once: the second one waits for the first.
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('accounts/' || $1, 0))`, [userId])
        const { rows } = await tx.query<AccountRow>('SELECT * FROM accounts WHERE user_id = $1', [userId])
        const { account, requests } = merge(rows[0] && accountOf(rows[0]))
        if (account)
          await tx.query(
            `INSERT INTO accounts (user_id, version, location_enabled, consent_version, suspended) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, location_enabled = excluded.location_enabled,
               consent_version = excluded.consent_version, suspended = excluded.suspended`,
            [userId, account.version, account.locationEnabled, account.consentVersion, account.suspended],
          )
        else await tx.query('DELETE FROM accounts WHERE user_id = $1', [userId])
        await leaveIntents(tx, userId, requests)
      })
    },
  }
}
