import { z } from 'zod'
import { exit } from '../exchange.ts'
import { definePlugin } from './plugin.ts'

const bytesOf = { megabytes: 1024 * 1024, kilobytes: 1024, bytes: 1 }

/** Refuses bodies that are too large; one of unknown length is read whole first, up to the limit. */
export const requestSizeLimiting = definePlugin({
  name: 'request-size-limiting',
  priority: 951,
  config: z.strictObject({
    allowed_payload_size: z.int().positive().default(128),
    size_unit: z.enum(['megabytes', 'kilobytes', 'bytes']).default('megabytes'),
    require_content_length: z.boolean().default(false),
  }),
  create: ({ allowed_payload_size, size_unit, require_content_length }) => {
    const limitBytes = allowed_payload_size * bytesOf[size_unit]
    return {
      async access({ body, requestHeaders }) {
        const declared = requestHeaders.get('content-length')
        if (declared === undefined && require_content_length)
          return exit(411, 'A valid Content-Length header is required')
        const tooLarge =
          declared === undefined ? (await body.buffer(limitBytes)) === 'more' : Number(declared) > limitBytes
        if (!tooLarge) return undefined
        const expectsToContinue = requestHeaders.get('expect')?.trim().toLowerCase() === '100-continue'
        return exit(expectsToContinue ? 417 : 413, 'Request size limit exceeded')
      },
    }
  },
})
