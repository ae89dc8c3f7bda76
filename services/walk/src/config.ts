import { loadConfig as load, serviceConfig, serviceVariables } from '@walking-buddy/service-kit'
import { z } from 'zod'

const address = (service: string) =>
  z
    .string()
    .regex(/^[^:\s]+:\d{1,5}$/, 'must be host:port')
    .default(`${service}:4000`)

const variables = z.object({
  ...serviceVariables,
  REDIS_URL: z.url(),
  REDIS_PREFIX: z.string().default(''),
  MONGO_URL: z.url(),
  MONGO_DATABASE: z.string().default('walk'),
  IDENTITY_GRPC: address('identity'),
  MATCHING_GRPC: address('matching'),
  ROUTE_KEEP_DAYS: z.coerce.number().int().positive().default(365),
})

export type Config = ReturnType<typeof loadConfig>

/** The only reader of the environment. @throws ConfigError naming every fault at once */
export const loadConfig = (env: Readonly<Record<string, string | undefined>>) =>
  load(variables, env, values => ({
    ...serviceConfig('walk', values),
    redis: { url: values.REDIS_URL, keyPrefix: values.REDIS_PREFIX },
    mongo: { url: values.MONGO_URL, database: values.MONGO_DATABASE },
    identity: { service: 'identity', address: values.IDENTITY_GRPC },
    matching: { service: 'matching', address: values.MATCHING_GRPC },
    routes: { keepDays: values.ROUTE_KEEP_DAYS },
  }))
