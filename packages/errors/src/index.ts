export type { AppErrorOptions, FieldFault } from './app-error.ts'
export {
  AppError,
  conflict,
  exhausted,
  exists,
  forbidden,
  internal,
  invalid,
  isAppError,
  notFound,
  precondition,
  timeout,
  unauthenticated,
  unavailable,
} from './app-error.ts'
export { type ErrorKind, grpcStatusOf, httpStatusOf, kindOfGrpcStatus, kindOfHttpStatus } from './kinds.ts'
export { type Problem, problemOf } from './problem.ts'
