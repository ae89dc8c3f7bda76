import { z } from 'zod'
import type { ActiveWalks } from '../../../application/ports.ts'
import type { Redis } from './redis.ts'

const ttlSeconds = 14_400
const keyOf = (walkId: string): string => `walk:active:${walkId}`

const instant = z.iso.datetime().transform(text => new Date(text))
const entry = z.object({
  initiator_id: z.string(),
  partner_id: z.string(),
  start_time: instant,
  met_at: instant.nullable(),
  apart_since: instant.nullable(),
})

/**
 * `walk:active:{walk_id}`: spares recording a position the database. An entry that outlives its walk lets points in
 * that reading leaves out; one that is missing is asked for.
 */
export function redisActiveWalks(redis: Redis): ActiveWalks {
  return {
    async find(walkIds) {
      const values = await redis.mGet(walkIds.map(keyOf)).catch(() => [])
      return values.flatMap((value, i) => {
        const { data } = entry.safeParse(JSON.parse(value ?? 'null'))
        if (!data) return []
        const { initiator_id, partner_id, start_time, met_at, apart_since } = data
        return [
          {
            id: walkIds[i]!,
            initiatorId: initiator_id,
            partnerId: partner_id,
            startTime: start_time,
            company: { metAt: met_at, apartSince: apart_since },
          },
        ]
      })
    },
    async put({ id, initiatorId, partnerId, startTime, company }) {
      const value = {
        initiator_id: initiatorId,
        partner_id: partnerId,
        start_time: startTime,
        met_at: company.metAt,
        apart_since: company.apartSince,
      }
      await redis.set(keyOf(id), JSON.stringify(value), { EX: ttlSeconds }).catch(() => {})
    },
    async remove(walkId) {
      await redis.del(keyOf(walkId)).catch(() => {})
    },
  }
}
