import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { topicSpecs } from '@walking-buddy/contracts/topics'
import type { EngineUrls } from '@walking-buddy/engines'
import { renderKongConfig } from '@walking-buddy/gateway'
import { ensureTopics, kafka } from '@walking-buddy/kafka'
import { createDatabaseIfMissing } from '@walking-buddy/postgres'
import { createScope } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import type { MeshConfig } from '../config.ts'
import { dataFiles } from './data-files.ts'
import { replaceFile } from './map.ts'
import { untilReady } from './ready.ts'
import { secretsOf, signingKeysOf } from './secrets.ts'
import { databaseOf, entryOf, environmentOf, portsOf, type ServiceName, serviceNames } from './services.ts'
import { type SupervisedProcess, supervise } from './supervised-process.ts'

/** All services and the gateway, each a process of its own. */
export interface Constellation {
  /** Where clients come in. */
  url: string
  processes: ReadonlyMap<ServiceName | 'gateway', SupervisedProcess>
  /** Waits until every service is ready and the gateway serves. @throws Error naming who is not, and why */
  untilReady(signal?: AbortSignal): Promise<void>
  /** The door first, then services against the order of their start. */
  stop(): Promise<void>
}

export interface ConstellationOptions {
  config: MeshConfig
  engines: EngineUrls
  /** Multiplies the gateway's rate limits: here all clients share one address. */
  limitScale: number
  onRestart: (name: string, why: string) => void
}

const readyWithinMs = 60_000

/** Makes databases, topics and the gateway's file, then starts the processes; each is started again when it dies. */
export async function startConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { config, engines, onRestart } = options
  await prepare(config, engines)
  const secrets = secretsOf(config.dataDir)
  const processes = new Map<ServiceName | 'gateway', SupervisedProcess>()
  for (const name of serviceNames)
    processes.set(
      name,
      supervise(config.dataDir, {
        name,
        entry: entryOf(config, `services/${name}`),
        env: environmentOf(config, engines, secrets, name),
        onRestart,
      }),
    )
  processes.set(
    'gateway',
    supervise(config.dataDir, {
      name: 'gateway',
      entry: entryOf(config, 'packages/gateway'),
      env: gatewayEnvironment(config, options.limitScale),
      onRestart,
    }),
  )

  return {
    url: `http://localhost:${config.gatewayPort}`,
    processes,
    async untilReady(signal = new AbortController().signal) {
      await Promise.all(
        serviceNames.map(name => untilReady(name, portsOf(config, name).ops, readyWithinMs, signal)),
      )
      await untilServing(config, signal)
    },
    async stop() {
      for (const running of [...processes.values()].reverse()) await running.stop()
    },
  }
}

async function prepare(config: MeshConfig, engines: EngineUrls): Promise<void> {
  await Promise.all(serviceNames.map(name => createDatabaseIfMissing(databaseOf(config, engines, name))))
  const scope = createScope(silentLogger())
  try {
    const cluster = await scope.start(
      'kafka',
      kafka(
        { brokers: engines.kafka.split(','), clientId: 'mesh', topicPrefix: config.topicPrefix },
        { log: silentLogger(), metrics: createMetrics({ service: 'mesh' }) },
      ),
    )
    await ensureTopics(cluster, topicSpecs)
  } finally {
    await scope.stop(5_000)
  }
  const template = readFileSync(join(config.root, 'infra/kong/kong.yml'), 'utf8')
  replaceFile(
    dataFiles(config.dataDir).kongConfig,
    renderKongConfig(template, { jwks: signingKeysOf(config.dataDir) }),
  )
}

const gatewayEnvironment = (config: MeshConfig, limitScale: number): Record<string, string> => ({
  GATEWAY_CONFIG: dataFiles(config.dataDir).kongConfig,
  GATEWAY_PORT: String(config.gatewayPort),
  GATEWAY_UPSTREAMS: JSON.stringify(
    Object.fromEntries(serviceNames.map(name => [name, `http://127.0.0.1:${portsOf(config, name).http}`])),
  ),
  GATEWAY_LIMIT_SCALE: String(limitScale),
  OPS_HOST: '127.0.0.1',
  OPS_PORT: String(config.servicesPort + 200),
  PROPAGATION_MS: '0',
})

async function untilServing(config: MeshConfig, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + readyWithinMs
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${config.gatewayPort}/api/client-config`, {
      signal: AbortSignal.timeout(2_000),
    }).catch(() => undefined)
    if (answer?.ok) return
    if (signal.aborted || performance.now() > endMs)
      throw new Error(`the gateway does not serve on port ${config.gatewayPort}; its log tells more`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
