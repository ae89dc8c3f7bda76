export { AppError, conflict, exhausted, exists, forbidden, internal, invalid, isAppError, notFound, precondition, timeout, unauthenticated, unavailable } from './app-error.ts'
export type { AppErrorOptions, FieldFault } from './app-error.ts'
export { grpcStatusOf, httpStatusOf, kindOfGrpcStatus, kindOfHttpStatus, type ErrorKind } from './kinds.ts'
export { problemOf, type Problem } from './problem.ts'
