import { type FieldFault, invalid } from '@walking-buddy/errors'
import type { z } from 'zod'

/** A payload by its schema. @throws AppError invalid with every fault, by path from `part` */
export function validated<S extends z.ZodType>(schema: S, value: unknown, part: string): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid('invalid-request', 'The request has faults.', {
    faults: parsed.error.issues.flatMap(issue => faultsOf(issue, part)),
  })
}

function faultsOf(issue: z.core.$ZodIssue, part: string): FieldFault[] {
  const path = [part, ...issue.path].join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ path: `${path}.${key}`, message: 'is not a known field' }))
  return [{ path, message: issue.message }]
}
