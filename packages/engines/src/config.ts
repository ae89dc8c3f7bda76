import { z } from 'zod'
import { ENGINE_NAMES, type EngineName } from './engine.ts'
import { EngineError } from './errors.ts'

/** `dev` is what `npm start` runs, `test` what `npm test` runs: they differ in ports and data only. */
export type EngineProfile = 'dev' | 'test'

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
  /** `false`: never ask Docker. */
  readonly docker: boolean
}

const DEFAULT_PORTS: Readonly<Record<EngineProfile, EnginePorts>> = {
  dev: { postgres: 25432, redis: 26379, kafka: 29092, kafkaController: 29093, mongo: 27027 },
  test: { postgres: 25532, redis: 26479, kafka: 29192, kafkaController: 29193, mongo: 27127 },
}

const URL_VARIABLES: Readonly<Record<EngineName, string>> = {
  postgres: 'POSTGRES_URL',
  redis: 'REDIS_URL',
  kafka: 'KAFKA_BROKERS',
  mongo: 'MONGO_URL',
}

const url = (...protocols: string[]) =>
  z.string().refine(value => protocols.some(protocol => value.startsWith(`${protocol}://`)), {
    error: `must start with ${protocols.map(protocol => `${protocol}://`).join(' or ')}`,
  })

const port = z.coerce.number().int().min(1).max(65_535)
const portVariables = z.object({
  POSTGRES_PORT: port.optional(),
  REDIS_PORT: port.optional(),
  KAFKA_PORT: port.optional(),
  KAFKA_CONTROLLER_PORT: port.optional(),
  MONGO_PORT: port.optional(),
  TEST_POSTGRES_PORT: port.optional(),
  TEST_REDIS_PORT: port.optional(),
  TEST_KAFKA_PORT: port.optional(),
  TEST_KAFKA_CONTROLLER_PORT: port.optional(),
  TEST_MONGO_PORT: port.optional(),
})

const environment = portVariables.extend({
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

/** The variable that moves a port of a profile, such as `TEST_KAFKA_PORT`. */
export function portVariable(profile: EngineProfile, key: keyof EnginePorts) {
  const name = `${key.replace('Controller', '_controller').toUpperCase()}_PORT`
  return (profile === 'test' ? `TEST_${name}` : name) as keyof z.infer<typeof portVariables>
}

/** The variable that names somebody else's engine, such as `KAFKA_BROKERS`. */
export const urlVariable = (engine: EngineName): string => URL_VARIABLES[engine]

/**
 * Reads the environment of a profile; an empty variable counts as unset.
 *
 * @throws EngineError that names every faulty variable at once.
 */
export function loadEngineConfig(profile: EngineProfile, env: NodeJS.ProcessEnv = process.env): EngineConfig {
  const parsed = environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value)))
  if (!parsed.success)
    throw new EngineError(
      parsed.error.issues.map(issue => `${issue.path.join('.')} ${issue.message}`).join('\n'),
    )
  const { data } = parsed
  const portOf = (key: keyof EnginePorts) => data[portVariable(profile, key)] ?? DEFAULT_PORTS[profile][key]
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
