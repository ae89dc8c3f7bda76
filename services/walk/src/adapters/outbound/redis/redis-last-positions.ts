import { ExactPosition } from '@walking-buddy/exact-position'
import type { Clock } from '@walking-buddy/service-kit'
import { z } from 'zod'
import type { LastPositions } from '../../../application/ports.ts'
import type { Whereabouts } from '../../../domain/company.ts'
import type { Redis } from './redis.ts'

const ttlSeconds = 300
const keyOf = (walkId: string, userId: string): string => `walk:position:${walkId}:${userId}`

const entry = z.object({
  lat: z.number(),
  lng: z.number(),
  accuracy: z.number().optional(),
  recorded_at: z.iso.datetime(),
  near_place: z.boolean(),
})

/** `walk:position:{walk_id}:{user_id}`. While Redis is away, what this instance has heard itself has to do. */
export function redisLastPositions(redis: Redis, { clock }: { clock: Clock }): LastPositions {
  const heard = new Map<string, { whereabouts: Whereabouts; untilMs: number }>()

  const forgetOld = (): void => {
    const now = clock.monotonicMs()
    for (const [key, { untilMs }] of heard) {
      // In order of hearing: the first that is young ends the search.
      if (untilMs > now) return
      heard.delete(key)
    }
  }

  return {
    async put(positions) {
      forgetOld()
      const untilMs = clock.monotonicMs() + ttlSeconds * 1000
      const newest = new Map(
        positions.map(({ walkId, userId, whereabouts }) => [keyOf(walkId, userId), whereabouts]),
      )
      for (const [key, whereabouts] of newest) {
        heard.delete(key)
        heard.set(key, { whereabouts, untilMs })
      }
      await Promise.all(
        [...newest].map(([key, whereabouts]) =>
          redis.set(key, encode(whereabouts), { EX: ttlSeconds }).catch(() => {}),
        ),
      )
    },
    async of(walkId, userIds) {
      forgetOld()
      const keys = userIds.map(userId => keyOf(walkId, userId))
      const found = await redis.mGet(keys).then(
        values => values.map(value => (value === null ? undefined : decode(value))),
        () => keys.map(key => heard.get(key)?.whereabouts),
      )
      return new Map(userIds.flatMap((userId, i) => (found[i] ? [[userId, found[i]] as const] : [])))
    },
  }
}

function encode({ position, accuracyMeters, recordedAt, nearPlace }: Whereabouts): string {
  return JSON.stringify({
    ...position.reveal(),
    accuracy: accuracyMeters,
    recorded_at: recordedAt,
    near_place: nearPlace,
  })
}

function decode(value: string): Whereabouts {
  const { lat, lng, accuracy, recorded_at, near_place } = entry.parse(JSON.parse(value))
  return {
    position: new ExactPosition(lat, lng),
    accuracyMeters: accuracy,
    recordedAt: new Date(recorded_at),
    nearPlace: near_place,
  }
}
