import type { Postgres } from '@walking-buddy/postgres'
import type { People } from '../../../application/ports.ts'

/** Names beside walks, from what identity tells; the higher version wins. */
export function postgresPeople(pg: Postgres): People {
  return {
    async find(userIds) {
      const { rows } = await pg.query<{
        user_id: string
        version: number
        username: string
        birth_year: number
        birth_month: number
        profile_photo_url: string | null
      }>('SELECT * FROM people WHERE user_id = ANY ($1::uuid[])', [userIds])
      return rows.map(row => ({
        userId: row.user_id,
        version: row.version,
        username: row.username,
        birthYear: row.birth_year,
        birthMonth: row.birth_month,
        profilePhotoUrl: row.profile_photo_url,
      }))
    },
    async keep(people) {
      for (const person of people)
        await pg.query(
          `INSERT INTO people (user_id, version, username, birth_year, birth_month, profile_photo_url)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, username = excluded.username,
             birth_year = excluded.birth_year, birth_month = excluded.birth_month,
             profile_photo_url = excluded.profile_photo_url
           WHERE people.version < excluded.version`,
          [
            person.userId,
            person.version,
            person.username,
            person.birthYear,
            person.birthMonth,
            person.profilePhotoUrl,
          ],
        )
    },
    async forget(userId) {
      await pg.query('DELETE FROM people WHERE user_id = $1', [userId])
    },
  }
}
