import type { OperationShape } from '@walking-buddy/contracts/rest'
import { AppError, type FieldFault, invalid } from '@walking-buddy/errors'
import type { Request } from 'express'
import type { z } from 'zod'

/** Parameters, query and body by their schemas. @throws AppError invalid with every fault of all three */
export function validated(
  operation: OperationShape,
  request: Request,
): { params: unknown; query: unknown; body: unknown } {
  const faults: FieldFault[] = []
  const part = (name: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    if (!schema) return undefined
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) faults.push(...faultsOf(name, issue))
    return undefined
  }
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  if (operation.body && hasBody && !request.is('application/json'))
    throw new AppError('invalid', 'unsupported-media-type', {
      httpStatus: 415,
      detail: 'Send JSON: Content-Type: application/json.',
    })

  const params = part('path', operation.params, request.params)
  const query = part('query', operation.query, request.query)
  const body = part('body', operation.body, hasBody ? request.body : undefined)
  if (faults.length > 0) throw invalid('invalid-request', 'The request has faults.', { faults })
  return { params, query, body }
}

function faultsOf(name: string, issue: z.core.$ZodIssue): FieldFault[] {
  const path = [name, ...issue.path].join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ path: `${path}.${key}`, message: 'is not a known field' }))
  return [{ path, message: issue.message }]
}
