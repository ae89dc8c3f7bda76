import { z } from 'zod'
import { nearbyWalker } from '../rest/matching.ts'
import { instant, lat, lng, uuid } from '../rest/shapes.ts'
import { walk } from '../rest/walk.ts'

/**
 * Durable events: sent as `{ seq, id, at, data }`, `seq` without gaps in the user's stream, confirmed by the
 * client's acknowledgement. `data` is null where the reader may no longer see what it tells of.
 */
export const durableEvents = {
  'walk:requested': walk,
  'walk:accepted': walk,
  'walk:declined': walk,
  'walk:cancelled': walk,
  'walk:expired': walk,
  'walk:started': walk,
  'walk:completed': walk,
  'walk:updated': walk,
} as const satisfies Record<string, z.ZodType>

export type DurableEventName = keyof typeof durableEvents

export interface DurableEvent {
  seq: number
  id: string
  /** RFC 3339, UTC. */
  at: string
  data: unknown
}

/** Latest wins: sent bare, may be dropped for a newer one. */
export const latestEvents = {
  'users:nearby': z.object({
    reset: z
      .literal(true)
      .optional()
      .meta({ description: 'Forget what was there; the first of a connection has it.' }),
    added: z.array(nearbyWalker),
    changed: z.array(nearbyWalker),
    removed: z.array(uuid),
    asOf: instant,
  }),
  'walk:position': z.object({ walkId: uuid, userId: uuid, lat, lng, recordedAt: instant }),
} as const satisfies Record<string, z.ZodType>

export type LatestEventName = keyof typeof latestEvents

/** About the connection itself. */
export const sessionEvents = {
  'session:ready': z.object({
    stream: z.string(),
    seq: z
      .int()
      .meta({ description: 'Everything up to here is with the client: its next event is seq + 1.' }),
    resumed: z.boolean(),
    serverTime: instant,
    expiresInSeconds: z.int(),
  }),
  'session:resync': z.object({ stream: z.string(), seq: z.int() }),
  'session:expiring': z.object({ expiresInSeconds: z.int() }),
  'session:expired': z.object({}),
  'session:draining': z.object({ reconnectAfterMs: z.int() }),
} as const satisfies Record<string, z.ZodType>

export type SessionEventName = keyof typeof sessionEvents
