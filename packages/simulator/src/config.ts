import { z } from 'zod'

const variables = z.object({
  GATEWAY_URL: z.url(),
  MAP_FILE: z.string().min(1),
  STATE_FILE: z.string().min(1),
  SEED: z.string().default('1'),
  WALKERS: z.coerce.number().int().min(1).max(500).default(24),
  SPEED_FACTOR: z.coerce.number().min(1).max(20).default(4),
})

/** The environment of the simulator's process. @throws ZodError */
export const loadConfig = (env: NodeJS.ProcessEnv) => variables.parse(env)
