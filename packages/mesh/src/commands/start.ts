import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { topicSpecs } from '@walking-buddy/contracts/topics'
import { type Engines, startEngines } from '@walking-buddy/engines'
import { renderKongConfig } from '@walking-buddy/gateway'
import { ensureTopics, kafka } from '@walking-buddy/kafka'
import { createDatabaseIfMissing } from '@walking-buddy/postgres'
import { createScope } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { Command } from 'commander'
import { loadConfig, type MeshConfig } from '../config.ts'
import { dataFiles } from '../constellation/data-files.ts'
import { importInto, replaceFile, townFile } from '../constellation/map.ts'
import { untilReady } from '../constellation/ready.ts'
import { secretsOf, signingKeysOf } from '../constellation/secrets.ts'
import { databaseOf, entryOf, environmentOf, portsOf, serviceNames } from '../constellation/services.ts'
import { type SupervisedProcess, stopLeftovers, supervise } from '../constellation/supervised-process.ts'
import { townScreen } from '../terminal/town-screen.ts'

/** All clients of a demonstration share one address; limits meant for one household would starve a town. */
const demoLimitScale = 200
const readyWithinMs = 60_000

export const start = () =>
  new Command('start')
    .description('start engines, services, gateway and the demo town; runs until Ctrl-C or `mesh stop`')
    .option('--no-town', 'nobody lives in town')
    .action(async (options: { town: boolean }) => runMesh(loadConfig(), options.town))

async function runMesh(config: MeshConfig, withTown: boolean): Promise<void> {
  const startedMs = performance.now()
  const ending = new AbortController()
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!ending.signal.aborted) say('\nStopping…')
      ending.abort()
    })

  let engines: Engines | undefined
  const processes: SupervisedProcess[] = []
  try {
    say('Starting PostgreSQL, Redis, Kafka and MongoDB…')
    engines = await startEngines({
      dataDir: config.dataDir,
      profile: 'dev',
      onEvent: event => say(`  ${event.text}`),
      signal: ending.signal,
    })
    await stopLeftovers(config.dataDir)
    await prepare(config, engines, say)

    say('Starting the services…')
    const restarted = (name: string, why: string) => say(`${name} ${why}; starting it again`)
    const secrets = secretsOf(config.dataDir)
    for (const name of serviceNames)
      processes.push(
        supervise(config.dataDir, {
          name,
          entry: entryOf(config, `services/${name}`),
          env: environmentOf(config, engines.urls, secrets, name),
          onRestart: restarted,
        }),
      )
    processes.push(
      supervise(config.dataDir, {
        name: 'gateway',
        entry: entryOf(config, 'packages/gateway'),
        env: gatewayEnvironment(config),
        onRestart: restarted,
      }),
    )
    await Promise.all(
      serviceNames.map(name => untilReady(name, portsOf(config, name).ops, readyWithinMs, ending.signal)),
    )
    await untilServing(config, ending.signal)

    const url = `http://localhost:${config.gatewayPort}`
    if (withTown && config.town.walkers > 0) processes.push(startTown(config, url, say, ending.signal))
    say(`Logs: ${dataFiles(config.dataDir).logs}`)
    say(`ready ${url} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`)
    await new Promise<void>(resolve =>
      ending.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
  } catch (error) {
    if (!ending.signal.aborted) throw error
  } finally {
    // Phones first, then the door, then services against the order of their start, then what they stand on.
    for (const running of processes.reverse()) await running.stop()
    await engines?.stop()
    if (engines) say('Stopped.')
  }
}

/** Databases, topics, the map and the gateway's file: what must be there before services start. */
async function prepare(config: MeshConfig, engines: Engines, say: (line: string) => void): Promise<void> {
  const files = dataFiles(config.dataDir)
  await Promise.all(serviceNames.map(name => createDatabaseIfMissing(databaseOf(engines.urls, name))))
  const scope = createScope(silentLogger())
  try {
    await ensureTopics(
      await scope.start(
        'kafka',
        kafka(
          { brokers: engines.urls.kafka.split(','), clientId: 'mesh' },
          { log: silentLogger(), metrics: createMetrics({ service: 'mesh' }) },
        ),
      ),
      topicSpecs,
    )
  } finally {
    await scope.stop(5_000)
  }
  const extract = townFile(config.dataDir, config.town.seed)
  const map = await importInto(config.dataDir, extract)
  say(
    `  the town has ${map.addressCount.toLocaleString('en')} addresses and ${(map.places.length - map.addressCount).toLocaleString('en')} places to go`,
  )
  const template = readFileSync(join(config.root, 'infra/kong/kong.yml'), 'utf8')
  replaceFile(files.kongConfig, renderKongConfig(template, { jwks: signingKeysOf(config.dataDir) }))
}

const gatewayEnvironment = (config: MeshConfig): Record<string, string> => ({
  GATEWAY_CONFIG: dataFiles(config.dataDir).kongConfig,
  GATEWAY_PORT: String(config.gatewayPort),
  GATEWAY_UPSTREAMS: JSON.stringify(
    Object.fromEntries(serviceNames.map(name => [name, `http://127.0.0.1:${portsOf(config, name).http}`])),
  ),
  GATEWAY_LIMIT_SCALE: String(demoLimitScale),
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

function startTown(
  config: MeshConfig,
  gateway: string,
  say: (line: string) => void,
  signal: AbortSignal,
): SupervisedProcess {
  const files = dataFiles(config.dataDir)
  const screen = townScreen(say)
  const timer = setInterval(() => say(`          ${screen.summary()}`), 30_000)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  return supervise(config.dataDir, {
    name: 'town',
    entry: entryOf(config, 'packages/simulator'),
    onLine: screen.show,
    env: {
      GATEWAY_URL: gateway,
      MAP_FILE: files.town(config.town.seed),
      STATE_FILE: files.townState,
      SEED: config.town.seed,
      WALKERS: String(config.town.walkers),
      SPEED_FACTOR: String(config.town.speedFactor),
    },
  })
}
