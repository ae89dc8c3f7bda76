import { z } from 'zod'
import type { ProcessConfig } from './run-service.ts'

/** Variables that every service reads; spread them into the schema of its config. */
export const processVariables = {
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  HOST: z.string().default('0.0.0.0'),
  OPS_PORT: z.coerce.number().int().min(0).max(65_535).default(9000),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  PROPAGATION_MS: z.coerce.number().int().nonnegative().default(3_000),
  SHUTDOWN_MS: z.coerce.number().int().positive().default(20_000),
}

/** Those variables as the slice of the configuration that `runService` takes. */
export const processConfig = (
  values: z.output<z.ZodObject<typeof processVariables>>,
): ProcessConfig['process'] => ({
  logLevel: values.LOG_LEVEL,
  host: values.HOST,
  opsPort: values.OPS_PORT,
  otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
  propagationMs: values.PROPAGATION_MS,
  shutdownMs: values.SHUTDOWN_MS,
})
