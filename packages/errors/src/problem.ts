import { type AppError, type FieldFault, isAppError } from './app-error.ts'
import { httpStatusOf } from './kinds.ts'

/** RFC 9457 problem details as every part of the product sends them. */
export interface Problem {
  type: string
  title: string
  status: number
  code: string
  detail: string
  requestId: string
  errors?: readonly FieldFault[]
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** What a client is told of a failure; anything that is not an AppError becomes an opaque 500. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known: Pick<AppError, 'code' | 'detail' | 'faults'> & { status: number } =
    isAppError(error) && error.kind !== 'other'
      ? {
          code: error.code,
          detail: error.detail,
          faults: error.faults,
          status: error.httpStatus ?? httpStatusOf(error.kind),
        }
      : { code: 'internal', detail: 'Something went wrong on our side.', faults: [], status: 500 }
  return {
    type: `urn:walking-buddy:problem:${known.code}`,
    title: titles[known.status] ?? 'Error',
    status: known.status,
    code: known.code,
    detail: known.detail,
    requestId,
    ...(known.faults.length > 0 ? { errors: known.faults } : {}),
  }
}
