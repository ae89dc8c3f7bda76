import { z } from 'zod'
import { operation } from './operation.ts'
import { area, gender, instant, pace, uuid } from './shapes.ts'

const service = 'matching'

export const nearbyWalker = z
  .object({
    userId: uuid,
    username: z.string(),
    age: z.int(),
    gender: gender.nullable(),
    preferredPace: pace,
    profilePhotoUrl: z.string().nullable(),
    area,
    distanceMeters: z.int().meta({ description: 'Between the centres of both published cells.' }),
    lastSeen: instant.meta({ description: 'No finer than 30 minutes.' }),
  })
  .meta({ id: 'NearbyWalker' })

export const matchingOperations = {
  listNearby: operation({
    id: 'listNearby',
    method: 'get',
    path: '/api/users/nearby',
    service,
    summary: 'Walkers nearby who suit and whom one suits; empty while one is not visible oneself',
    access: { kind: 'user' },
    query: z.object({
      radiusMeters: z.coerce.number().int().min(200).max(20_000).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    responses: { 200: z.object({ items: z.array(nearbyWalker), asOf: instant }) },
    problems: { 429: ['too-many-areas'] },
  }),
}
