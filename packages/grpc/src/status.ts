import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js'
import { AppError, type FieldFault, grpcStatusOf, isAppError, kindOfGrpcStatus } from '@walking-buddy/errors'

const domain = 'walkingbuddy'
const trailer = 'grpc-status-details-bin'
const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo'

/**
 * An AppError as a gRPC status with google.rpc.ErrorInfo (`reason` = code); anything else is opaque.
 * Faults, retry time and a narrower HTTP status travel in the info's metadata.
 */
export function statusOf(error: unknown): Partial<StatusObject> {
  if (!isAppError(error) || error.kind === 'other')
    return { code: grpcStatusOf('other'), details: 'internal' }
  const code = grpcStatusOf(error.kind)
  const metadata = new Metadata()
  metadata.set(
    trailer,
    encodeStatus(code, error.detail, error.code, {
      ...(error.faults.length > 0 ? { faults: JSON.stringify(error.faults) } : {}),
      ...(error.retryAfterSeconds === undefined
        ? {}
        : { retryAfterSeconds: String(error.retryAfterSeconds) }),
      ...(error.httpStatus === undefined ? {} : { httpStatus: String(error.httpStatus) }),
    }),
  )
  return { code, details: error.detail || error.code, metadata }
}

/** The AppError that a failed call means to its caller. */
export function errorOf(error: ServiceError): AppError {
  const kind = kindOfGrpcStatus(error.code)
  const bytes = error.metadata?.get(trailer)[0]
  const info = Buffer.isBuffer(bytes) ? decodeStatus(bytes) : undefined
  if (!info) {
    // The transport speaks: no answer of the service stands behind this.
    const code = kind === 'unavailable' ? 'unavailable' : kind === 'timeout' ? 'timeout' : 'upstream'
    return new AppError(kind === 'other' ? 'other' : kind, code, { cause: error })
  }
  const { faults, retryAfterSeconds, httpStatus } = info.metadata
  return new AppError(kind, info.reason, {
    detail: info.message,
    ...(faults ? { faults: JSON.parse(faults) as FieldFault[] } : {}),
    ...(retryAfterSeconds ? { retryAfterSeconds: Number(retryAfterSeconds) } : {}),
    ...(httpStatus ? { httpStatus: Number(httpStatus) } : {}),
    cause: error,
  })
}

/** google.rpc.Status { code = 1, message = 2, details = 3: Any { type_url = 1, value = 2 } }. */
function encodeStatus(
  code: number,
  message: string,
  reason: string,
  metadata: Record<string, string>,
): Buffer {
  const info = new BinaryWriter().uint32(10).string(reason).uint32(18).string(domain)
  for (const [key, value] of Object.entries(metadata))
    info.uint32(26).fork().uint32(10).string(key).uint32(18).string(value).join()
  const status = new BinaryWriter().uint32(8).int32(code).uint32(18).string(message)
  status.uint32(26).fork().uint32(10).string(errorInfoType).uint32(18).bytes(info.finish()).join()
  return Buffer.from(status.finish())
}

function decodeStatus(
  bytes: Uint8Array,
): { message: string; reason: string; metadata: Record<string, string> } | undefined {
  let message = ''
  let found: { reason: string; metadata: Record<string, string> } | undefined
  fields(bytes, (field, reader) => {
    if (field === 2) message = reader.string()
    else if (field === 3) {
      let type = ''
      let value: Uint8Array = new Uint8Array()
      fields(reader.bytes(), (inner, any) => {
        if (inner === 1) type = any.string()
        else if (inner === 2) value = any.bytes()
        else return false
        return true
      })
      if (type === errorInfoType) found = decodeInfo(value)
    } else return false
    return true
  })
  return found ? { message, ...found } : undefined
}

function decodeInfo(bytes: Uint8Array): { reason: string; metadata: Record<string, string> } {
  let reason = ''
  const metadata: Record<string, string> = {}
  fields(bytes, (field, reader) => {
    if (field === 1) reason = reader.string()
    else if (field === 3) {
      let key = ''
      let value = ''
      fields(reader.bytes(), (inner, entry) => {
        if (inner === 1) key = entry.string()
        else if (inner === 2) value = entry.string()
        else return false
        return true
      })
      metadata[key] = value
    } else return false
    return true
  })
  return { reason, metadata }
}

/** Calls `take` for each field; it says false for one that it leaves alone. */
function fields(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (!take(field, reader)) reader.skip(type, field)
  }
}
