import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { definePlugin } from './plugin.ts'

/** Gives a request an id where the client sent none. */
export const correlationId = definePlugin({
  name: 'correlation-id',
  priority: 100_001,
  config: z.strictObject({
    header_name: z.string().min(1),
    generator: z.literal('uuid', 'is not implemented: only uuid is'),
    echo_downstream: z.literal(false, 'is not implemented: pre-function gives the id back').default(false),
  }),
  create: ({ header_name }) => ({
    access({ requestHeaders }) {
      if (!requestHeaders.get(header_name)) requestHeaders.set(header_name, randomUUID())
      return undefined
    },
  }),
})
