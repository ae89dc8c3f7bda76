import { z } from 'zod'
import { definePlugin } from './plugin.ts'

const functions = z.array(z.string().min(1)).default([])

/** Runs the file's own Lua. */
export const preFunction = definePlugin({
  name: 'pre-function',
  priority: 1_000_000,
  config: z.strictObject({
    access: functions,
    header_filter: functions,
    body_filter: functions,
    log: functions,
  }),
  create: (config, { lua, place }) => lua.load(config, place),
})
