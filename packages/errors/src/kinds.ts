/**
 * Every failure that a caller may act on, independent of transport.
 * Source of the numbers: RFC 9110 for HTTP, the canonical codes of gRPC.
 */
const table = {
  invalid: { grpc: 3, http: 400 },
  unauthenticated: { grpc: 16, http: 401 },
  forbidden: { grpc: 7, http: 403 },
  'not-found': { grpc: 5, http: 404 },
  exists: { grpc: 6, http: 409 },
  conflict: { grpc: 10, http: 409 },
  precondition: { grpc: 9, http: 409 },
  exhausted: { grpc: 8, http: 429 },
  unavailable: { grpc: 14, http: 503 },
  timeout: { grpc: 4, http: 504 },
  other: { grpc: 13, http: 500 },
} as const satisfies Record<string, { grpc: number; http: number }>

export type ErrorKind = keyof typeof table

const kinds = Object.keys(table) as ErrorKind[]
const byGrpc = new Map<number, ErrorKind>(kinds.map(kind => [table[kind].grpc, kind]))

/** HTTP status of a kind. */
export const httpStatusOf = (kind: ErrorKind): number => table[kind].http

/** gRPC status code of a kind. */
export const grpcStatusOf = (kind: ErrorKind): number => table[kind].grpc

/** Kind of a gRPC status code; CANCELLED is a time-out of somebody, the rest that we never send is `other`. */
export const kindOfGrpcStatus = (code: number): ErrorKind =>
  code === 1 ? 'timeout' : (byGrpc.get(code) ?? 'other')

/** Kind of an HTTP status; of the three kinds that share 409 it gives `conflict`. */
export function kindOfHttpStatus(status: number): ErrorKind {
  if (status === 409) return 'conflict'
  return (
    kinds.find(kind => table[kind].http === status) ?? (status >= 400 && status < 500 ? 'invalid' : 'other')
  )
}
