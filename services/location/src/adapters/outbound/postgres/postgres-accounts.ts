import type { Postgres, Tx } from '@walking-buddy/postgres'
import type { Accounts } from '../../../application/ports.ts'
import type { Account } from '../../../domain/account.ts'
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

    async learn(userIds, merge) {
      const sorted = [...userIds].sort()
      await pg.transaction(async tx => {
        // Two instances may hear of somebody new at once: the second one waits for the first.
        await tx.query(
          `SELECT pg_advisory_xact_lock(hashtextextended('accounts/' || user_id, 0)) FROM unnest($1::text[]) AS user_id`,
          [sorted],
        )
        const { rows } = await tx.query<AccountRow>(
          'SELECT * FROM accounts WHERE user_id = ANY ($1::uuid[])',
          [sorted],
        )
        const known = new Map(rows.map(row => [row.user_id, accountOf(row)]))
        const merged = sorted.map(userId => ({ userId, ...merge(userId, known.get(userId)) }))
        await save(
          tx,
          merged.flatMap(({ account }) => account ?? []),
        )
        await forget(
          tx,
          merged.flatMap(({ userId, account }) => (account ? [] : [userId])),
        )
        for (const { userId, requests } of merged) await leaveIntents(tx, userId, requests)
      })
    },
  }
}

async function save(tx: Tx, accounts: readonly Account[]): Promise<void> {
  if (accounts.length === 0) return
  await tx.query(
    `INSERT INTO accounts (user_id, version, location_enabled, consent_version, suspended)
     SELECT * FROM unnest($1::uuid[], $2::integer[], $3::boolean[], $4::integer[], $5::boolean[])
     ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, location_enabled = excluded.location_enabled,
       consent_version = excluded.consent_version, suspended = excluded.suspended`,
    [
      accounts.map(({ userId }) => userId),
      accounts.map(({ version }) => version),
      accounts.map(({ locationEnabled }) => locationEnabled),
      accounts.map(({ consentVersion }) => consentVersion),
      accounts.map(({ suspended }) => suspended),
    ],
  )
}

async function forget(tx: Tx, userIds: readonly string[]): Promise<void> {
  if (userIds.length > 0) await tx.query('DELETE FROM accounts WHERE user_id = ANY ($1::uuid[])', [userIds])
}
