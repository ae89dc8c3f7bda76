import type { ErrorKind } from './kinds.ts'

/** One fault of a request: `path` in dots from the body, query or parameters (`body.meetAt`). */
export interface FieldFault {
  path: string
  message: string
}

export interface AppErrorOptions {
  /** For people who build clients: one sentence, never with personal data or secrets. */
  detail?: string
  faults?: readonly FieldFault[]
  /** When a repeat may succeed, in whole seconds. */
  retryAfterSeconds?: number
  /** Overrides the status that the kind has over HTTP (413, 412, 426: cases with no kind of their own). */
  httpStatus?: number
  cause?: unknown
}

/**
 * A failure with a stable `code` (kebab-case) that clients may branch on.
 * Message texts are for people only: no code matches on them.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly kind: ErrorKind
  readonly code: string
  readonly detail: string
  readonly faults: readonly FieldFault[]
  readonly retryAfterSeconds: number | undefined
  readonly httpStatus: number | undefined

  constructor(kind: ErrorKind, code: string, options: AppErrorOptions = {}) {
    super(options.detail ?? code, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.detail = options.detail ?? ''
    this.faults = options.faults ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
    this.httpStatus = options.httpStatus
  }
}

/** Works across copies of this package, which `instanceof` would not. */
export const isAppError = (error: unknown): error is AppError =>
  error instanceof Error && error.name === 'AppError' && 'kind' in error && 'code' in error

const maker =
  (kind: ErrorKind) =>
  (code: string, detail?: string, options: Omit<AppErrorOptions, 'detail'> = {}): AppError =>
    new AppError(kind, code, detail === undefined ? options : { ...options, detail })

export const invalid = maker('invalid')
export const unauthenticated = maker('unauthenticated')
export const forbidden = maker('forbidden')
export const notFound = maker('not-found')
export const exists = maker('exists')
export const conflict = maker('conflict')
export const precondition = maker('precondition')
export const exhausted = maker('exhausted')
export const unavailable = maker('unavailable')
export const timeout = maker('timeout')
export const internal = maker('other')
