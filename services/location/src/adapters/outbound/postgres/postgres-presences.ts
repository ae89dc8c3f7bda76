import { parseCellToken } from '@walking-buddy/cells'
import type { EventRecord } from '@walking-buddy/kafka'
import { outbox, type Postgres, type ShardLeases, type Tx } from '@walking-buddy/postgres'
import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import type { Change, Presences, Published, Subject } from '../../../application/ports.ts'
import { newPresence, type Presence } from '../../../domain/presence.ts'
import { locationErasedRecord, locationUpdatedRecord } from '../kafka/location-updated.ts'
import type { PlacesVault } from '../vault/places-vault.ts'
import { type AccountRow, accountOf } from './account-row.ts'
import { answerIntents, openIntents } from './intent-rows.ts'
import { columns, type PresenceRow, placesOf, presenceOf, rowOf } from './presence-row.ts'

const mostDue = 1_000
const pageSize = 1_000

/** Presences in Postgres; each change commits together with the event that tells of it. */
export function postgresPresences(
  pg: Postgres,
  deps: {
    shards: Pick<ShardLeases, 'assertHeld'>
    vault: PlacesVault
    clock: Clock
    identifiers: Identifiers
  },
): Presences {
  const { shards, vault, clock, identifiers } = deps

  const subjectsOf = async (tx: Tx, userIds: readonly string[]): Promise<Subject[]> => {
    const presences = await tx.query<PresenceRow>(
      'SELECT * FROM presences WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE',
      [userIds],
    )
    const accounts = await tx.query<AccountRow>('SELECT * FROM accounts WHERE user_id = ANY ($1::uuid[])', [
      userIds,
    ])
    const intents = await openIntents(tx, userIds)
    const presenceById = new Map(presences.rows.map(row => [row.user_id, presenceOf(row, vault)]))
    const accountById = new Map(accounts.rows.map(row => [row.user_id, accountOf(row)]))
    return userIds.map(userId => ({
      presence: presenceById.get(userId) ?? newPresence(userId),
      account: accountById.get(userId),
      intents: intents.get(userId) ?? [],
    }))
  }

  const save = async (tx: Tx, presences: readonly Presence[]): Promise<void> => {
    if (presences.length === 0) return
    await tx.query(
      `INSERT INTO presences (${columns.join(', ')})
       SELECT ${columns.join(', ')} FROM jsonb_populate_recordset(NULL::presences, $1::jsonb)
       ON CONFLICT (user_id) DO UPDATE SET (${columns.join(', ')}) = ROW (${columns.map(name => `excluded.${name}`).join(', ')})`,
      [JSON.stringify(presences.map(presence => rowOf(presence, vault)))],
    )
  }

  /** The ids of those of whom something was kept. */
  const erase = async (tx: Tx, userIds: readonly string[]): Promise<string[]> => {
    if (userIds.length === 0) return []
    const { rows } = await tx.query<{ user_id: string }>(
      'DELETE FROM presences WHERE user_id = ANY ($1::uuid[]) RETURNING user_id',
      [userIds],
    )
    return rows.map(row => row.user_id)
  }

  const eventsOf = (
    changes: readonly Change[],
    subjects: readonly Subject[],
    erased: readonly string[],
  ): EventRecord[] => {
    const about = () => {
      const atMs = clock.now()
      return { id: identifiers.uuid(atMs), atMs }
    }
    const updates = changes.flatMap(({ presence, published }) =>
      presence && published ? [locationUpdatedRecord(presence, about())] : [],
    )
    const endings = erased.flatMap(userId => {
      const { presence } = subjects.find(subject => subject.presence.userId === userId)!
      const hidden = { ...presence, version: presence.version + 1, shown: false }
      return [
        ...(presence.shown ? [locationUpdatedRecord(hidden, about())] : []),
        locationErasedRecord(userId, about()),
      ]
    })
    return [...updates, ...endings]
  }

  return {
    async change(by, userIds, work) {
      await pg.transaction(async tx => {
        for (const { shard, fence } of by) await shards.assertHeld(tx, shard, fence)
        const subjects = await subjectsOf(tx, userIds)
        const changes = work(subjects)
        await save(
          tx,
          changes.flatMap(({ presence, changed }) => (presence && changed ? [presence] : [])),
        )
        const erased = await erase(
          tx,
          changes.flatMap(({ userId, presence }) => (presence ? [] : [userId])),
        )
        await outbox.add(tx, ...eventsOf(changes, subjects, erased))
        await answerIntents(
          tx,
          changes.flatMap(({ outcomes }) => outcomes),
        )
      })
    },

    async find(userId) {
      const { rows } = await pg.query<PresenceRow>('SELECT * FROM presences WHERE user_id = $1', [userId])
      return rows[0] && presenceOf(rows[0], vault)
    },

    async published(userIds) {
      const { rows } = await pg.query<PublishedRow>(
        `SELECT ${publishedColumns} FROM presences WHERE shown AND user_id = ANY ($1::uuid[])`,
        [userIds],
      )
      return rows.map(publishedOf)
    },

    async eachPublished(page) {
      await pg.transaction(
        async tx => {
          for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
            const { rows } = await tx.query<PublishedRow>(
              `SELECT ${publishedColumns} FROM presences WHERE shown AND user_id > $1 ORDER BY user_id LIMIT ${pageSize}`,
              [after],
            )
            if (rows.length > 0) await page(rows.map(publishedOf))
            if (rows.length < pageSize) return
            after = rows.at(-1)!.user_id
          }
        },
        { isolation: 'repeatable read', readOnly: true, attempts: 1 },
      )
    },

    async placesOf(userIds) {
      const { rows } = await pg.query<Pick<PresenceRow, 'user_id' | 'places' | 'places_key_id'>>(
        'SELECT user_id, places, places_key_id FROM presences WHERE user_id = ANY ($1::uuid[])',
        [userIds],
      )
      return new Map(rows.map(row => [row.user_id, placesOf(row, vault)]))
    },

    async due(held, nowMs) {
      const { rows } = await pg.query<{ why: 'tick' | 'awaiting' | 'intent'; user_id: string }>(
        `(SELECT 'tick' AS why, user_id FROM presences
          WHERE shard = ANY ($1::smallint[]) AND next_tick_at <= $2 ORDER BY next_tick_at LIMIT ${mostDue})
         UNION ALL
         (SELECT 'awaiting', user_id FROM presences
          WHERE shard = ANY ($1::smallint[]) AND awaiting ORDER BY available_since DESC LIMIT ${mostDue})
         UNION ALL
         (SELECT DISTINCT 'intent', user_id FROM
           (SELECT user_id FROM intents WHERE shard = ANY ($1::smallint[]) AND outcome IS NULL ORDER BY id LIMIT ${mostDue}) AS oldest)`,
        [held, new Date(nowMs)],
      )
      const why = (reason: string) => rows.filter(row => row.why === reason).map(row => row.user_id)
      return { ticking: why('tick'), awaiting: why('awaiting'), withIntents: why('intent') }
    },
  }
}

/** @throws Error naming the keys without which remembered places could not be read, and would be lost */
export async function assertKeysPresent(pg: Postgres, vault: PlacesVault): Promise<void> {
  const { rows } = await pg.query<{ id: string }>(
    'SELECT DISTINCT places_key_id AS id FROM presences WHERE places_key_id IS NOT NULL',
  )
  const missing = rows.filter(({ id }) => !vault.keyIds.includes(id)).map(({ id }) => id)
  if (missing.length > 0)
    throw new Error(`remembered places were sealed with keys that are missing: ${missing.join(', ')}`)
}

const publishedColumns = 'user_id, version, cell, published_at, last_seen'

type PublishedRow = { user_id: string; version: number; cell: string; published_at: Date; last_seen: Date }

const publishedOf = (row: PublishedRow): Published => ({
  userId: row.user_id,
  version: row.version,
  cell: parseCellToken(row.cell),
  publishedAtMs: row.published_at.getTime(),
  lastSeenMs: row.last_seen.getTime(),
})
