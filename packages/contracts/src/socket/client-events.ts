import { z } from 'zod'
import { availability, positionReport } from '../rest/location.ts'
import { instant, uuid } from '../rest/shapes.ts'
import { walk, walkRequest } from '../rest/walk.ts'

const requestId = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .meta({ description: 'The Idempotency-Key of sockets, in one space with REST.' })
const walkId = z.strictObject({ walkId: uuid })

/**
 * What a client may send: the payload, and `data` of its acknowledgement `{ ok: true, data }`;
 * a refusal is `{ ok: false, problem }`. Every one of them wants a live session.
 */
export const clientEvents = {
  'location:update': { payload: positionReport, data: z.object({ expiresInSeconds: z.int() }) },
  'presence:online': { payload: z.strictObject({ until: instant.nullish() }).optional(), data: availability },
  'presence:offline': { payload: z.strictObject({}).optional(), data: availability },
  'walk:request': { payload: walkRequest.extend({ requestId }), data: walk },
  'walk:accept': { payload: walkId, data: walk },
  'walk:decline': { payload: walkId, data: walk },
  'walk:cancel': { payload: walkId, data: walk },
  'session:refresh': {
    payload: z.strictObject({ token: z.string().max(4096) }),
    data: z.object({ expiresInSeconds: z.int() }),
  },
} as const satisfies Record<string, { payload: z.ZodType; data: z.ZodType }>

export type ClientEventName = keyof typeof clientEvents
