import { describe, expect, test } from 'vitest'
import {
  AppError,
  grpcStatusOf,
  httpStatusOf,
  isAppError,
  kindOfGrpcStatus,
  notFound,
  problemOf,
} from './index.ts'

describe('errors', () => {
  test('every kind survives a round trip through gRPC status codes', () => {
    for (const kind of [
      'invalid',
      'unauthenticated',
      'forbidden',
      'not-found',
      'exists',
      'conflict',
      'precondition',
      'exhausted',
      'unavailable',
      'timeout',
      'other',
    ] as const)
      expect(kindOfGrpcStatus(grpcStatusOf(kind))).toBe(kind)
  })

  test('a problem carries status, code and faults, and an unknown failure says nothing of its cause', () => {
    const known = problemOf(
      new AppError('invalid', 'invalid-request', { detail: 'x', faults: [{ path: 'body.a', message: 'm' }] }),
      'r1',
    )
    expect(known).toMatchObject({
      status: 400,
      code: 'invalid-request',
      requestId: 'r1',
      errors: [{ path: 'body.a', message: 'm' }],
    })
    expect(JSON.stringify(problemOf(new Error('password=hunter2'), 'r2'))).not.toContain('hunter2')
  })

  test('the status may be narrower than the kind', () => {
    expect(problemOf(new AppError('invalid', 'body-too-large', { httpStatus: 413 }), 'r').status).toBe(413)
    expect(httpStatusOf('invalid')).toBe(400)
    expect(isAppError(notFound('not-available'))).toBe(true)
  })
})
