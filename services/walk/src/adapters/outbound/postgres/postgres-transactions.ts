import { conflict } from '@walking-buddy/errors'
import {
  type Answer,
  fingerprintOf,
  idempotency,
  isUniqueViolation,
  outbox,
  type Postgres,
  type Tx,
} from '@walking-buddy/postgres'
import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import type { Command, Transactions, WalkTx } from '../../../application/ports.ts'
import type { WalkView } from '../../../application/view.ts'
import { declinesSince, lastDaySince } from '../../../domain/asking.ts'
import type { Walk, WalkEvent } from '../../../domain/walk.ts'
import { pairIs } from './postgres-walks.ts'
import { walkEventRecord } from './walk-event.ts'
import { rowOf, type WalkRow, walkOf } from './walk-row.ts'

interface Tools {
  clock: Clock
  identifiers: Identifiers
  /** Told after commits. */
  hints: {
    walkChanged: (event: WalkEvent | undefined) => void
    /** The clock has something to do with a walk then. */
    walkDue: (at: Date) => void
    /** A walk is to be measured then. */
    measureDue: (at: Date) => void
  }
}

/** Changes of walks, each with its event in the outbox. */
export function postgresTransactions(pg: Postgres, tools: Tools): Transactions {
  const commands = idempotency(pg, tools)
  const mechanismCommand = ({ userId, operation, key, body }: Command) => ({
    scope: `user:${userId}`,
    operation,
    key,
    fingerprint: fingerprintOf(body),
  })
  return {
    run: work => pg.transaction(tx => work(walkTx(tx, tools))),
    async recall(command) {
      const answer = await commands.recall(mechanismCommand(command))
      return answer && viewIn(answer)
    },
    async once(command, work) {
      const answer = await commands.once(mechanismCommand(command), async tx => ({
        status: 201,
        body: { ...(await work(walkTx(tx, tools))) } as Record<keyof WalkView, never>,
      }))
      return viewIn(answer)
    },
  }
}

const viewIn = ({ body }: Answer): WalkView => body as unknown as WalkView

function walkTx(tx: Tx, { clock, identifiers, hints }: Tools): WalkTx {
  const walks = async (sql: string, params: readonly unknown[]): Promise<Walk[]> =>
    (await tx.query<WalkRow>(sql, params)).rows.map(walkOf)
  const one = async (sql: string, params: readonly unknown[]): Promise<Walk | undefined> =>
    (await walks(sql, params))[0]

  const tellOf = ({ due_at }: WalkRow, event?: WalkEvent): void =>
    tx.afterCommit(() => {
      hints.walkChanged(event)
      if (due_at) hints.walkDue(due_at)
    })

  return {
    async lockPeople(userIds) {
      // In one order for everybody, or two who take each other would wait for ever.
      for (const userId of [...new Set(userIds)].sort())
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('walk person ' || $1, 0))`, [userId])
    },
    lock: walkId => one('SELECT * FROM walks WHERE id = $1 FOR UPDATE', [walkId]),
    lockIfFree: walkId => one('SELECT * FROM walks WHERE id = $1 FOR UPDATE SKIP LOCKED', [walkId]),
    lockOverdueBetween: (userId, otherId, now) =>
      walks(
        `SELECT * FROM walks WHERE ${pairIs('$1', '$2')} AND status = 'requested' AND expires_at <= $3 FOR UPDATE`,
        [userId, otherId, now],
      ),
    async askingHistory(userId, partnerId, now) {
      const { rows } = await tx.query<{
        openWithPartner: boolean
        lastDeclinedAt: Date | null
        openRequests: number
        requestsOfLastDay: number
        oldestOfLastDay: Date | null
      }>(
        `SELECT pair.*, own.*, open.* FROM
           (SELECT coalesce(bool_or(status = 'requested'), false) AS "openWithPartner",
              max(responded_at) FILTER (WHERE status = 'declined' AND responded_at > $4) AS "lastDeclinedAt"
            FROM walks WHERE ${pairIs('$1', '$2')}) AS pair,
           (SELECT count(*)::int AS "requestsOfLastDay", min(requested_at) AS "oldestOfLastDay"
            FROM walks WHERE initiator_id = $1 AND origin = 'request' AND requested_at > $5) AS own,
           (SELECT count(*)::int AS "openRequests"
            FROM walks WHERE initiator_id = $1 AND origin = 'request' AND status = 'requested' AND expires_at > $3
           ) AS open`,
        [userId, partnerId, now, declinesSince(now), lastDaySince(now)],
      )
      return rows[0]!
    },
    underWayOf: (userId, exceptId) =>
      walks(
        `SELECT * FROM walks WHERE (initiator_id = $1 OR partner_id = $1) AND id IS DISTINCT FROM $2
           AND status IN ('accepted', 'in_progress')`,
        [userId, exceptId ?? null],
      ),
    openMatchesOf: (userIds, now) =>
      walks(
        `SELECT * FROM walks WHERE (initiator_id = ANY ($1::uuid[]) OR partner_id = ANY ($1::uuid[]))
           AND origin = 'match' AND status = 'requested' AND expires_at > $2`,
        [userIds, now],
      ),
    matched: matchId => one('SELECT * FROM walks WHERE match_id = $1', [matchId]),
    async commit({ walk: changedWalk, event }) {
      const walk = { ...changedWalk, version: changedWalk.version + 1 }
      const row = rowOf(walk)
      if (changedWalk.version === 0) await insert(tx, row)
      else await update(tx, row, changedWalk.version)
      tellOf(row, event)
      const now = clock.now()
      if (event)
        await outbox.add(tx, walkEventRecord(event, walk, { id: identifiers.uuid(now), time: new Date(now) }))
      return walk
    },
    async keep(walk) {
      const row = rowOf(walk)
      await tx.query(
        `UPDATE walks SET initiator_shares_since = $2, partner_shares_since = $3, sharing_revision = $4, met_at = $5,
           apart_since = $6, due_at = $7, changed_at = clock_timestamp()
         WHERE id = $1`,
        [
          row.id,
          row.initiator_shares_since,
          row.partner_shares_since,
          row.sharing_revision,
          row.met_at,
          row.apart_since,
          row.due_at,
        ],
      )
      tellOf(row)
    },
    async measureSoon(walkId, at) {
      await tx.query(
        `INSERT INTO measurements (walk_id, revision, due_at) VALUES ($1, 1, $2)
         ON CONFLICT (walk_id) DO UPDATE
         SET revision = measurements.revision + 1, due_at = least(measurements.due_at, excluded.due_at)`,
        [walkId, at],
      )
      tx.afterCommit(() => hints.measureDue(at))
    },
  }
}

async function insert(tx: Tx, row: WalkRow): Promise<void> {
  const columns = Object.keys(row)
  try {
    await tx.query(
      `INSERT INTO walks (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
      Object.values(row),
    )
  } catch (error) {
    if (isUniqueViolation(error, 'walks_one_open_per_pair'))
      throw conflict('request-open', 'There is an open request between you two already.', { cause: error })
    throw error
  }
}

async function update(tx: Tx, row: WalkRow, priorVersion: number): Promise<void> {
  const columns = Object.keys(row)
  const { rowCount } = await tx.query(
    `UPDATE walks SET ${columns.map((column, i) => `${column} = $${i + 1}`).join(', ')}, changed_at = clock_timestamp()
     WHERE id = $1 AND version = $${columns.length + 1}`,
    [...Object.values(row), priorVersion],
  )
  if (rowCount !== 1) throw new Error('a walk was written without being held')
}
