import { ExactPosition } from '@walking-buddy/exact-position'
import type { Postgres } from '@walking-buddy/postgres'
import type { Tracks } from '../../../application/ports.ts'

const momentMs = 250
const leaseMs = 60_000

/** The tracks themselves: what was acknowledged is here. */
export function postgresTracks(pg: Postgres): Tracks {
  return {
    async add(points) {
      const positions = points.map(({ position }) => position.reveal())
      await pg.query(
        `INSERT INTO track_points (walk_id, user_id, moment, at, lat, lng, accuracy_meters)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::float8[], $6::float8[],
           $7::real[])
         ON CONFLICT DO NOTHING`,
        [
          points.map(({ walkId }) => walkId),
          points.map(({ userId }) => userId),
          points.map(({ recordedAt }) => Math.floor(recordedAt.getTime() / momentMs)),
          points.map(({ at }) => at),
          positions.map(({ lat }) => lat),
          positions.map(({ lng }) => lng),
          points.map(({ accuracyMeters }) => accuracyMeters ?? null),
        ],
      )
    },
    async of(walkId, userId) {
      const { rows } = await pg.query<{
        moment: bigint
        at: Date
        lat: number
        lng: number
        accuracy_meters: number | null
      }>(
        `SELECT moment, at, lat, lng, accuracy_meters FROM track_points
         WHERE walk_id = $1 AND user_id = $2 ORDER BY moment`,
        [walkId, userId],
      )
      return rows.map(row => ({
        position: new ExactPosition(row.lat, row.lng),
        accuracyMeters: row.accuracy_meters ?? undefined,
        recordedAt: new Date(Number(row.moment) * momentMs),
        at: row.at,
      }))
    },
    async trim(walkId, startTime, endTime) {
      await pg.query('DELETE FROM track_points WHERE walk_id = $1 AND NOT at BETWEEN $2 AND $3', [
        walkId,
        startTime,
        endTime,
      ])
    },
    async takeDue(now, limit) {
      const { rows } = await pg.query<{ walk_id: string; revision: number }>(
        `UPDATE measurements SET due_at = $1::timestamptz + $3 * interval '1 ms'
         WHERE walk_id = ANY (ARRAY(
           SELECT walk_id FROM measurements WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING walk_id, revision`,
        [now, limit, leaseMs],
      )
      return rows.map(row => ({ walkId: row.walk_id, revision: row.revision }))
    },
    async nextDueAt() {
      const { rows } = await pg.query<{ at: Date | null }>('SELECT min(due_at) AS at FROM measurements')
      return rows[0]!.at ?? undefined
    },
    async done({ walkId, revision }) {
      await pg.query('UPDATE measurements SET due_at = NULL WHERE walk_id = $1 AND revision = $2', [
        walkId,
        revision,
      ])
    },
    async postpone({ walkId, revision }, to) {
      await pg.query('UPDATE measurements SET due_at = $3 WHERE walk_id = $1 AND revision = $2', [
        walkId,
        revision,
        to,
      ])
    },
    async isSettled(walkId) {
      const { rowCount } = await pg.query('SELECT FROM measurements WHERE walk_id = $1 AND due_at IS NULL', [
        walkId,
      ])
      return rowCount === 1
    },
    async forgettable(endedBefore, limit) {
      const { rows } = await pg.query<{ id: string }>(
        `SELECT walks.id FROM walks JOIN measurements ON measurements.walk_id = walks.id
         WHERE end_time < $1 ORDER BY end_time LIMIT $2`,
        [endedBefore, limit],
      )
      return rows.map(({ id }) => id)
    },
    async forget(walkIds) {
      await pg.transaction(async tx => {
        await tx.query('DELETE FROM track_points WHERE walk_id = ANY ($1::uuid[])', [walkIds])
        await tx.query('DELETE FROM measurements WHERE walk_id = ANY ($1::uuid[])', [walkIds])
      })
    },
  }
}
