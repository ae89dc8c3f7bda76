import { z } from 'zod'
import { operation } from './operation.ts'
import { area, instant, lat, lng } from './shapes.ts'

const service = 'location'

/** A position as a phone reports it; `sentAt` (the phone's clock) corrects `recordedAt`. */
export const positionReport = z.strictObject({
  lat,
  lng,
  accuracyMeters: z.number().min(0).max(100_000).optional(),
  recordedAt: instant.optional(),
  sentAt: instant.optional(),
})

export const availability = z
  .object({
    available: z.boolean(),
    until: instant.nullable(),
    area: area.nullable().meta({ description: 'Just what others see; null: nothing.' }),
  })
  .meta({ id: 'Availability' })

export const locationOperations = {
  putLocation: operation({
    id: 'putLocation',
    method: 'put',
    path: '/api/users/location',
    service,
    summary: "Report one's own position; it is kept 300 s and never shown to strangers",
    access: { kind: 'user' },
    body: positionReport,
    responses: { 200: z.object({ expiresInSeconds: z.int() }) },
    problems: { 409: ['location-disabled', 'implausible-position'] },
  }),
  getAvailability: operation({
    id: 'getAvailability',
    method: 'get',
    path: '/api/users/availability',
    service,
    summary: 'Whether one can be found, until when, and what others see',
    access: { kind: 'user' },
    responses: { 200: availability },
  }),
  putAvailability: operation({
    id: 'putAvailability',
    method: 'put',
    path: '/api/users/availability',
    service,
    summary: 'Be found, or not',
    access: { kind: 'user' },
    body: z.strictObject({ available: z.boolean(), until: instant.nullish() }),
    responses: { 200: availability },
    problems: { 400: ['until-out-of-range'], 409: ['location-disabled'] },
  }),
}
