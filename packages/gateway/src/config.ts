import { fileURLToPath } from 'node:url'
import { duration, loadConfig, type ProcessConfig } from '@walking-buddy/service-kit'
import { z } from 'zod'

export interface GatewayConfig extends ProcessConfig {
  gateway: {
    /** Path of the declarative file. */
    file: string
    host: string
    port: number
    upstreams: Readonly<Record<string, string>>
    limitScale: number
  }
}

const port = z.coerce.number().int().min(0).max(65_535)

const upstreams = z
  .string()
  .default('{}')
  .transform((text, context): Record<string, string> => {
    try {
      return z.record(z.string(), z.url({ protocol: /^http$/ })).parse(JSON.parse(text))
    } catch {
      context.addIssue('must be JSON, hosts of the file to http URLs: {"identity":"http://127.0.0.1:4101"}')
      return z.NEVER
    }
  })

const variables = z.object({
  GATEWAY_CONFIG: z.string().default(fileURLToPath(new URL('../../../infra/kong/kong.yml', import.meta.url))),
  GATEWAY_HOST: z.string().default('127.0.0.1'),
  GATEWAY_PORT: port.default(8000),
  GATEWAY_UPSTREAMS: upstreams,
  GATEWAY_LIMIT_SCALE: z.coerce.number().positive().default(1),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  OPS_HOST: z.string().default('127.0.0.1'),
  OPS_PORT: port.default(8100),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  PROPAGATION_MS: duration(0),
  SHUTDOWN_MS: duration(10_000),
})

/** @throws ConfigError naming every variable that is wrong */
export const loadGatewayConfig = (env: Readonly<Record<string, string | undefined>>): GatewayConfig =>
  loadConfig(variables, env, values => ({
    process: {
      logLevel: values.LOG_LEVEL,
      host: values.OPS_HOST,
      opsPort: values.OPS_PORT,
      otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
      propagationMs: values.PROPAGATION_MS,
      shutdownMs: values.SHUTDOWN_MS,
    },
    gateway: {
      file: values.GATEWAY_CONFIG,
      host: values.GATEWAY_HOST,
      port: values.GATEWAY_PORT,
      upstreams: values.GATEWAY_UPSTREAMS,
      limitScale: values.GATEWAY_LIMIT_SCALE,
    },
  }))
