import { duration, loadConfig as load, serviceConfig, serviceVariables } from '@walking-buddy/service-kit'
import { z } from 'zod'

const peer = (service: string) =>
  z
    .string()
    .regex(/^\S+:\d{1,5}$/, 'must be host:port')
    .default(`${service}:4000`)
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback)

/** `https://a.example,https://b.example`: pages that may connect, beside those on a developer's own machine. */
const origins = z
  .string()
  .default('https://app.walkingbuddy.example,https://business.walkingbuddy.example')
  .transform(text => text.split(',').filter(Boolean))
  .pipe(z.array(z.string().regex(/^https?:\/\/[^/]+$/, 'must be origins, without a path')))

const variables = z.object({
  ...serviceVariables,
  IDENTITY_GRPC: peer('identity'),
  LOCATION_GRPC: peer('location'),
  MATCHING_GRPC: peer('matching'),
  WALK_GRPC: peer('walk'),
  ALLOWED_ORIGINS: origins,
  MAX_SOCKETS: count(50_000),
  MAX_SOCKETS_PER_ADDRESS: count(12_500),
  MAX_SOCKETS_PER_USER: count(20),
  DRAIN_MS: duration(10_000),
  PING_INTERVAL_MS: duration(25_000),
  PING_TIMEOUT_MS: duration(20_000),
})

export type Config = ReturnType<typeof loadConfig>

/** @throws ConfigError naming every variable that is wrong */
export const loadConfig = (env: Readonly<Record<string, string | undefined>>) =>
  load(variables, env, values => ({
    ...serviceConfig('realtime', values),
    peers: {
      identity: { address: values.IDENTITY_GRPC, service: 'identity' },
      location: { address: values.LOCATION_GRPC, service: 'location' },
      matching: { address: values.MATCHING_GRPC, service: 'matching' },
      walk: { address: values.WALK_GRPC, service: 'walk' },
    },
    allowedOrigins: values.ALLOWED_ORIGINS,
    sockets: {
      host: values.HOST,
      port: values.HTTP_PORT,
      maxSockets: values.MAX_SOCKETS,
      maxSocketsPerAddress: values.MAX_SOCKETS_PER_ADDRESS,
      maxSocketsPerUser: values.MAX_SOCKETS_PER_USER,
      drainMs: values.DRAIN_MS,
      pingIntervalMs: values.PING_INTERVAL_MS,
      pingTimeoutMs: values.PING_TIMEOUT_MS,
    },
  }))
