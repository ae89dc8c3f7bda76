import { z } from 'zod'
import { secret } from './config.ts'
import { processConfig, processVariables } from './process-config.ts'

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const version = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/)
  .default('0.0.0')

/** Variables that every service of the mesh reads; its own config spreads them and adds what it alone needs. */
export const serviceVariables = {
  ...processVariables,
  HTTP_PORT: port(3000),
  GRPC_PORT: port(4000),
  POSTGRES_URL: z.url(),
  POSTGRES_POOL: z.coerce.number().int().positive().default(10),
  KAFKA_BROKERS: z.string().min(1),
  TOPIC_PREFIX: z.string().default(''),
  SERVICE_TOKEN_SECRET: secret(32),
  JWKS_URL: z.url().default('http://identity:3000/.well-known/jwks.json'),
  TOKEN_ISSUER: z.string().default('walking-buddy'),
  TOKEN_AUDIENCE: z.string().default('walking-buddy-api'),
  MINIMUM_VERSION_IOS: version,
  MINIMUM_VERSION_ANDROID: version,
  MINIMUM_VERSION_WEB: version,
}

/** Those variables as the slices that the parts of a service take. `name` is the service's. */
export const serviceConfig = (name: string, values: z.output<z.ZodObject<typeof serviceVariables>>) => ({
  process: processConfig(values),
  http: {
    host: values.HOST,
    port: values.HTTP_PORT,
    minimumVersions: {
      ios: values.MINIMUM_VERSION_IOS,
      android: values.MINIMUM_VERSION_ANDROID,
      web: values.MINIMUM_VERSION_WEB,
    },
  },
  grpc: { host: values.HOST, port: values.GRPC_PORT },
  postgres: {
    url: values.POSTGRES_URL,
    poolSize: values.POSTGRES_POOL,
    applicationName: name,
    statementTimeoutMs: 10_000,
  },
  kafka: { brokers: values.KAFKA_BROKERS.split(','), clientId: name, topicPrefix: values.TOPIC_PREFIX },
  serviceToken: { secret: values.SERVICE_TOKEN_SECRET },
  accessToken: { jwksUrl: values.JWKS_URL, issuer: values.TOKEN_ISSUER, audience: values.TOKEN_AUDIENCE },
})

export type ServiceConfig = ReturnType<typeof serviceConfig>
