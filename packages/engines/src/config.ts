import { z } from 'zod'
import { ENGINE_NAMES, type EngineName } from './engine.ts'
import { EngineError } from './errors.ts'

/** Ports on 127.0.0.1. Kafka's controller needs one of its own. */
export interface EnginePorts {
  readonly postgres: number
  readonly redis: number
  readonly kafka: number
  readonly kafkaController: number
  readonly mongo: number
}

/** What the environment says about engines. */
export interface EngineConfig {
  /** Engines that somebody else runs. */
  readonly urls: Readonly<Partial<Record<EngineName, string>>>
  readonly ports: EnginePorts
  /** The JDK to use instead of the one on the PATH. */
  readonly javaHome: string | undefined
  /** Whether Docker may be asked. */
  readonly docker: boolean
}

const DEFAULT_PORTS: EnginePorts = {
  postgres: 25432,
  redis: 26379,
  kafka: 29092,
  kafkaController: 29093,
  mongo: 27027,
}

const URL_VARIABLES: Readonly<Record<EngineName, string>> = {
  postgres: 'POSTGRES_URL',
  redis: 'REDIS_URL',
  kafka: 'KAFKA_BROKERS',
  mongo: 'MONGO_URL',
}

const PORT_VARIABLES = {
  postgres: 'POSTGRES_PORT',
  redis: 'REDIS_PORT',
  kafka: 'KAFKA_PORT',
  kafkaController: 'KAFKA_CONTROLLER_PORT',
  mongo: 'MONGO_PORT',
} as const satisfies Record<keyof EnginePorts, string>

const url = (...protocols: string[]) =>
  z.string().refine(value => protocols.some(protocol => value.startsWith(`${protocol}://`)), {
    error: `must start with ${protocols.map(protocol => `${protocol}://`).join(' or ')}`,
  })

const port = z.coerce.number().int().min(1).max(65_535)
const environment = z.object({
  POSTGRES_PORT: port.optional(),
  REDIS_PORT: port.optional(),
  KAFKA_PORT: port.optional(),
  KAFKA_CONTROLLER_PORT: port.optional(),
  MONGO_PORT: port.optional(),
  POSTGRES_URL: url('postgres', 'postgresql').optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, { error: 'must be host:port, or several with commas between' })
    .optional(),
  MONGO_URL: url('mongodb', 'mongodb+srv').optional(),
  JAVA_HOME: z.string().optional(),
  ENGINES_DOCKER: z.enum(['auto', 'never']).default('auto'),
})

/** The variable that moves a port, such as `KAFKA_PORT`. */
export const portVariable = (key: keyof EnginePorts): string => PORT_VARIABLES[key]

/** The variable that names somebody else's engine, such as `KAFKA_BROKERS`. */
export const urlVariable = (engine: EngineName): string => URL_VARIABLES[engine]

/**
 * Reads the environment; an empty variable counts as unset.
 *
 * @throws EngineError that names every faulty variable at once.
 */
export function loadEngineConfig(env: NodeJS.ProcessEnv = process.env): EngineConfig {
  const parsed = environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value)))
  if (!parsed.success)
    throw new EngineError(
      parsed.error.issues.map(issue => `${issue.path.join('.')} ${issue.message}`).join('\n'),
    )
  const { data } = parsed
  const portOf = (key: keyof EnginePorts) => data[PORT_VARIABLES[key]] ?? DEFAULT_PORTS[key]
  return {
    urls: Object.fromEntries(
      ENGINE_NAMES.flatMap(engine => {
        const value = data[URL_VARIABLES[engine] as keyof typeof data]
        return value === undefined ? [] : [[engine, value]]
      }),
    ),
    ports: {
      postgres: portOf('postgres'),
      redis: portOf('redis'),
      kafka: portOf('kafka'),
      kafkaController: portOf('kafkaController'),
      mongo: portOf('mongo'),
    },
    javaHome: data.JAVA_HOME,
    docker: data.ENGINES_DOCKER === 'auto',
  }
}

/** Docker's address where it is not one of the usual sockets. */
export const dockerHost = (env: NodeJS.ProcessEnv = process.env): string | undefined => env['DOCKER_HOST']
