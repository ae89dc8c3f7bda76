import { z } from 'zod'

/** Plain text of at most `max` code points; NUL has no place in text. */
export const text = (max: number) =>
  z
    .string()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is refused
    .refine(value => [...value].length <= max && !/\u0000/.test(value) && value.isWellFormed(), {
      error: `must be text of at most ${max} characters`,
    })
    .meta({ maxLength: max })

/** RFC 3339 with any offset in; UTC out. */
export const instant = z.iso.datetime({ offset: true }).meta({ description: 'RFC 3339' })
export const uuid = z
  .guid()
  .transform(value => value.toLowerCase())
  .pipe(z.string())
  .meta({ type: 'string', format: 'uuid' })

export const lat = z.number().min(-90).max(90)
export const lng = z.number().min(-180).max(180)
export const point = z.strictObject({ lat, lng })

export const gender = z.enum(['female', 'male', 'other'])
export const pace = z.enum(['slow', 'moderate', 'brisk', 'any'])
export const verificationLevel = z.enum(['none', 'email'])

/** A published place: the centre of a cell and the radius of the circle that holds all of it. */
export const area = z
  .object({ lat, lng, radiusMeters: z.int() })
  .meta({ id: 'Area', description: 'A published cell: someone is somewhere inside. No output says more.' })

export const idParams = z.strictObject({ id: uuid })

export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(512).optional(),
})

export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, kebab-case: branch on this.' }),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })
