import type { DurableEventName } from '@walking-buddy/contracts/socket'
import { inbox, type Postgres, type Queryable, type Tx } from '@walking-buddy/postgres'
import type { Reader, StreamEvent, Streams, WalkChange } from '../../../application/ports.ts'
import type { StreamState } from '../../../domain/resume.ts'
import { inOrder, type VersionedChange } from '../../../domain/walk-order.ts'
import type { StreamHints } from './stream-hints.ts'

/** How far back a client may go on from. */
const windowEvents = 1_000
const window = `interval '7 days'`
/** Longer than the topics keep their records. */
const walkMemory = `interval '31 days'`
const consumer = 'user-streams'
const prunedPerStep = 2_000

type Change = WalkChange & VersionedChange

/** The streams in this service's own database. Needs mechanism `inbox`. */
export function postgresStreams(pg: Postgres, hints: StreamHints): Streams {
  /** Appends the changes of one walk, in order, to the streams of its people. */
  const tell = async (tx: Tx, changes: readonly Change[], someWereHeld: boolean): Promise<void> => {
    const last = changes.at(-1)
    if (!last) return
    for (const change of changes) await append(tx, change)
    if (someWereHeld)
      await tx.query('DELETE FROM held_changes WHERE walk_id = $1 AND version <= $2', [
        last.walkId,
        last.version,
      ])
    tx.afterCommit(() => hints.announce(changes.flatMap(({ userIds }) => userIds)))
  }

  return {
    async open(userId) {
      const found = await stateOf(pg, userId)
      if (found) return found
      await pg.query('INSERT INTO user_streams (user_id) VALUES ($1) ON CONFLICT DO NOTHING', [userId])
      return (await stateOf(pg, userId))!
    },

    async read(readers, limit) {
      const { rows } = await pg.query<EventRow>(
        `SELECT reader.place, event.seq, event.id, event.name, event.walk_id, event.version, event.at
         FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS reader (user_id, seq, place)
         CROSS JOIN LATERAL (
           SELECT * FROM user_events WHERE user_id = reader.user_id AND user_events.seq > reader.seq
           ORDER BY user_events.seq LIMIT $3) AS event
         ORDER BY reader.place, event.seq`,
        [...columnsOf(readers), limit],
      )
      const events: StreamEvent[][] = readers.map(() => [])
      for (const row of rows) events[Number(row.place) - 1]!.push(eventOf(row))
      return events
    },

    async behind(readers) {
      const { rows } = await pg.query<{ user_id: string }>(
        `SELECT user_id FROM unnest($1::uuid[], $2::bigint[]) AS reader (user_id, seq)
         JOIN user_streams AS stream USING (user_id) WHERE stream.seq > reader.seq`,
        columnsOf(readers),
      )
      return rows.map(row => row.user_id)
    },

    record: change =>
      pg.transaction(async tx => {
        if (!(await inbox.once(tx, change.eventId, consumer))) return 'duplicate'
        const { told, held } = await lockWalk(tx, change.walkId)
        if (change.version <= told) return 'duplicate'
        const ready = inOrder(told, [...held, withOrder(change)])
        if (ready.length === 0) {
          await hold(tx, change)
          return 'held'
        }
        await tell(tx, ready, held.length > 0)
        return 'recorded'
      }),

    async releaseHeld(olderThanMs) {
      const { rows } = await pg.query<{ walk_id: string }>(
        `SELECT DISTINCT walk_id FROM held_changes WHERE held_at < clock_timestamp() - $1 * interval '1 ms'`,
        [olderThanMs],
      )
      for (const { walk_id } of rows)
        await pg.transaction(async tx => {
          const { held } = await lockWalk(tx, walk_id)
          await tell(tx, held, true)
        })
      return rows.length
    },

    async confirm(readers) {
      // Rows are locked in the order in which writers lock them.
      await pg.query(
        `WITH reader AS (
           SELECT stream.user_id, least(reader.seq, stream.seq) AS seq
           FROM unnest($1::uuid[], $2::bigint[]) AS reader (user_id, seq)
           JOIN user_streams AS stream USING (user_id)
           WHERE reader.seq > stream.confirmed_seq ORDER BY stream.user_id FOR UPDATE OF stream)
         UPDATE user_streams AS stream SET confirmed_seq = greatest(stream.confirmed_seq, reader.seq)
         FROM reader WHERE reader.user_id = stream.user_id`,
        columnsOf(readers),
      )
    },

    async prune() {
      await deleteInSteps(pg, 'user_events', `appended_at < clock_timestamp() - ${window}`, 'appended_at')
      await deleteInSteps(pg, 'told_walks', `told_at < clock_timestamp() - ${walkMemory}`, 'told_at')
    },
  }
}

interface EventRow extends Record<string, unknown> {
  place: bigint
  seq: bigint
  id: string
  name: DurableEventName
  walk_id: string
  version: number
  at: Date
}

const eventOf = (row: EventRow): StreamEvent => ({
  seq: Number(row.seq),
  id: row.id,
  name: row.name,
  walkId: row.walk_id,
  version: row.version,
  at: row.at,
})

const columnsOf = (readers: readonly Reader[]): [string[], number[]] => [
  readers.map(({ userId }) => userId),
  readers.map(({ seq }) => seq),
]

async function stateOf(db: Queryable, userId: string): Promise<StreamState | undefined> {
  const { rows } = await db.query<{ stream: string; seq: bigint; first_kept: bigint | null }>(
    `SELECT stream, seq,
       (SELECT event.seq FROM user_events AS event
        WHERE event.user_id = $1 AND event.appended_at > clock_timestamp() - ${window}
        ORDER BY event.seq LIMIT 1) AS first_kept
     FROM user_streams WHERE user_id = $1`,
    [userId],
  )
  const row = rows[0]
  return (
    row && {
      stream: row.stream,
      seq: Number(row.seq),
      firstKept: row.first_kept === null ? null : Number(row.first_kept),
    }
  )
}

const withOrder = (change: WalkChange): Change => ({ ...change, opens: change.name === 'walk:requested' })

/**
 * The last version told, and what waits to be; changes of one walk are told one after the other. Two statements: one
 * that waited for the lock would look for what waits in the state from before it waited.
 */
async function lockWalk(tx: Tx, walkId: string): Promise<{ told: number; held: Change[] }> {
  const walk = await tx.query<{ version: number }>(
    `INSERT INTO told_walks (walk_id, version) VALUES ($1, 0)
     ON CONFLICT (walk_id) DO UPDATE SET told_at = clock_timestamp() RETURNING version`,
    [walkId],
  )
  const held = await tx.query<HeldRow>(
    'SELECT version, id, name, user_ids, at FROM held_changes WHERE walk_id = $1 ORDER BY version',
    [walkId],
  )
  return {
    told: walk.rows[0]!.version,
    held: held.rows.map(({ version, id, name, user_ids, at }) =>
      withOrder({ eventId: id, name, walkId, version, userIds: user_ids, at }),
    ),
  }
}

interface HeldRow extends Record<string, unknown> {
  version: number
  id: string
  name: DurableEventName
  user_ids: string[]
  at: Date
}

const hold = (tx: Tx, { walkId, version, eventId, name, userIds, at }: WalkChange) =>
  tx.query(
    `INSERT INTO held_changes (walk_id, version, id, name, user_ids, at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [walkId, version, eventId, name, userIds, at],
  )

/** Appends a change to the streams of its people, and what it pushes out of the window goes. */
const append = (tx: Tx, { eventId, name, walkId, version, userIds, at }: WalkChange) =>
  tx.query(
    `WITH stream AS (
       INSERT INTO user_streams AS stream (user_id, seq)
       SELECT user_id, 1 FROM unnest($1::uuid[]) AS reader (user_id) ORDER BY user_id
       ON CONFLICT (user_id) DO UPDATE SET seq = stream.seq + 1
       RETURNING user_id, seq),
     told AS (UPDATE told_walks SET version = $5 WHERE walk_id = $4),
     out_of_window AS (
       DELETE FROM user_events USING stream
       WHERE user_events.user_id = stream.user_id AND user_events.seq <= stream.seq - ${windowEvents})
     INSERT INTO user_events (user_id, seq, id, name, walk_id, version, at)
     SELECT user_id, seq, $2, $3, $4, $5, $6 FROM stream`,
    [userIds, eventId, name, walkId, version, at],
  )

async function deleteInSteps(
  pg: Postgres,
  table: string,
  condition: string,
  oldestFirst: string,
): Promise<void> {
  for (let gone = prunedPerStep; gone === prunedPerStep; )
    gone = (
      await pg.query(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE ${condition} ORDER BY ${oldestFirst} LIMIT ${prunedPerStep} FOR UPDATE SKIP LOCKED))`,
      )
    ).rowCount
}
