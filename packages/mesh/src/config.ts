import { resolve } from 'node:path'
import { z } from 'zod'

const port = z.coerce.number().int().min(1).max(65_535)
const variables = z.object({
  MESH_DATA: z.string().optional(),
  GATEWAY_PORT: port.default(8000),
  /** First of the ports that the services take: HTTP here, gRPC 100 above, operations 200 above. */
  SERVICES_PORT: port.default(4100),
  TOWN_SEED: z.string().default('1'),
  TOWN_WALKERS: z.coerce.number().int().min(0).max(500).default(24),
  TOWN_SPEED: z.coerce.number().min(1).max(20).default(4),
})

export interface MeshConfig {
  /** Root of the repository. */
  root: string
  /** Git-ignored: engines' data, secrets, the map, logs. */
  dataDir: string
  gatewayPort: number
  servicesPort: number
  /** Sets this mesh apart from others on the same engines. */
  databasePrefix: string
  topicPrefix: string
  town: { seed: string; walkers: number; speedFactor: number }
}

/** The environment of the command line. @throws ZodError */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): MeshConfig {
  const values = variables.parse(env)
  const root = resolve(import.meta.dirname, '../../..')
  return {
    root,
    dataDir: resolve(root, values.MESH_DATA ?? '.data/dev'),
    gatewayPort: values.GATEWAY_PORT,
    servicesPort: values.SERVICES_PORT,
    databasePrefix: '',
    topicPrefix: '',
    town: { seed: values.TOWN_SEED, walkers: values.TOWN_WALKERS, speedFactor: values.TOWN_SPEED },
  }
}
