import {
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  startTracing,
} from '@walking-buddy/telemetry'
import { type Clock, systemClock } from './clock.ts'
import { ConfigError } from './config.ts'
import { createHealth, type Health } from './health.ts'
import { type Identifiers, systemIdentifiers } from './identifiers.ts'
import { opsServer } from './ops-server.ts'
import { createScope, type Scope } from './scope.ts'

/** What a service gets from the process that it runs in. */
export interface ServiceProcess {
  name: string
  scope: Scope
  log: Logger
  metrics: Metrics
  health: Health
  clock: Clock
  identifiers: Identifiers
  /** Ends the process in order, with exit code 1, after a failure that no part can mend. */
  fail(error: unknown): void
}

/** The slice of its configuration that every service has. */
export interface ProcessConfig {
  process: {
    logLevel: string
    host: string
    opsPort: number
    otlpEndpoint: string | undefined
    /** From "not ready" until servers stop taking connections: time for load balancers to notice. */
    propagationMs: number
    /** All of shutdown, rule 16. */
    shutdownMs: number
  }
}

/**
 * Config, then compose, then run until SIGTERM or SIGINT; nothing else belongs into `main.ts`.
 * The order of shutdown is that of `Scope.stop`: servers and consumers were started last, stores first.
 */
export async function runService<C extends ProcessConfig>(
  name: string,
  load: (env: NodeJS.ProcessEnv) => C,
  compose: (config: C, process: ServiceProcess) => Promise<unknown>,
): Promise<void> {
  let config: C
  try {
    config = load(process.env)
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof ConfigError ? error.message : String(error)}\n`)
    process.exit(78)
  }
  const { logLevel, host, opsPort, otlpEndpoint, propagationMs, shutdownMs } = config.process
  const log = createLogger({ service: name, level: logLevel })
  const metrics = createMetrics({ service: name, runtime: true })
  const health = createHealth()
  const scope = createScope(log)
  let ending = false

  const end = async (code: number): Promise<void> => {
    if (ending) return
    ending = true
    health.drain()
    const hardStop = setTimeout(() => process.exit(code || 1), propagationMs + shutdownMs + 1_000)
    hardStop.unref()
    await systemClock.delay(code === 0 ? propagationMs : 0)
    await scope.stop(shutdownMs)
    log.info({ code }, 'stopped')
    process.exit(code)
  }
  const fail = (error: unknown): void => {
    log.fatal({ err: error }, 'cannot go on')
    void end(1)
  }

  process.once('SIGTERM', () => void end(0))
  process.once('SIGINT', () => void end(0))
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)

  try {
    await scope.start('telemetry', startTracing({ service: name, endpoint: otlpEndpoint }))
    await scope.start('ops', opsServer({ port: opsPort, host, health, metrics }))
    let composed = false
    health.require('start', async () => {
      if (!composed) throw new Error('still starting')
    })
    await compose(config, {
      name,
      scope,
      log,
      metrics,
      health,
      clock: systemClock,
      identifiers: systemIdentifiers,
      fail,
    })
    composed = true
    log.info('ready')
  } catch (error) {
    fail(error)
  }
}
