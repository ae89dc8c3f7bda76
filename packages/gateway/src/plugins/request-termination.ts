import { z } from 'zod'
import { exit } from '../exchange.ts'
import { definePlugin } from './plugin.ts'

/** Answers instead of a service. */
export const requestTermination = definePlugin({
  name: 'request-termination',
  priority: 2,
  config: z.strictObject({
    status_code: z.int().min(100).max(599).default(503),
    message: z.string().min(1),
  }),
  create: ({ status_code, message }) => ({ access: () => exit(status_code, message) }),
})
