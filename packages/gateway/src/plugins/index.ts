import { z } from 'zod'
import { correlationId } from './correlation-id.ts'
import { cors } from './cors.ts'
import { jwt } from './jwt.ts'
import { preFunction } from './pre-function.ts'
import { prometheus } from './prometheus.ts'
import { rateLimiting } from './rate-limiting.ts'
import { requestSizeLimiting } from './request-size-limiting.ts'
import { requestTermination } from './request-termination.ts'

/** Every plugin that the local gateway implements. */
export const anyPlugin = z.discriminatedUnion('name', [
  correlationId,
  cors,
  jwt,
  preFunction,
  prometheus,
  rateLimiting,
  requestSizeLimiting,
  requestTermination,
])
