import { type Engines, startEngines } from '@walking-buddy/engines'
import { Command } from 'commander'
import { loadConfig, type MeshConfig } from '../config.ts'
import { type Constellation, startConstellation } from '../constellation/constellation.ts'
import { dataFiles } from '../constellation/data-files.ts'
import { importInto, townFile } from '../constellation/map.ts'
import { entryOf } from '../constellation/services.ts'
import { type SupervisedProcess, stopLeftovers, supervise } from '../constellation/supervised-process.ts'
import { townScreen } from '../terminal/town-screen.ts'

/** All clients of a demonstration share one address; limits meant for one household would starve a town. */
const demoLimitScale = 200
const summaryEveryMs = 30_000

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
  let constellation: Constellation | undefined
  let town: SupervisedProcess | undefined
  try {
    say('Starting PostgreSQL, Redis, Kafka and MongoDB…')
    engines = await startEngines({
      dataDir: config.dataDir,
      onEvent: event => say(`  ${event.text}`),
      signal: ending.signal,
    })
    await stopLeftovers(config.dataDir)
    const map = await importInto(config.dataDir, townFile(config.dataDir, config.town.seed))
    say(
      `The town has ${map.addressCount.toLocaleString('en')} addresses and ${(map.places.length - map.addressCount).toLocaleString('en')} places to go.`,
    )

    say('Starting the services…')
    constellation = await startConstellation({
      config,
      engines: engines.urls,
      limitScale: demoLimitScale,
      onRestart: (name, why) => say(`${name} ${why}; starting it again`),
    })
    await constellation.untilReady(ending.signal)
    if (withTown && config.town.walkers > 0) town = startTown(config, constellation.url, say, ending.signal)
    say(`Logs: ${dataFiles(config.dataDir).logs}`)
    say(`ready ${constellation.url} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`)
    await new Promise<void>(resolve =>
      ending.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
  } catch (error) {
    if (!ending.signal.aborted) throw error
  } finally {
    // Phones first, then the mesh, then what it stands on.
    await town?.stop()
    await constellation?.stop()
    await engines?.stop()
    if (engines) say('Stopped.')
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
  const timer = setInterval(() => say(`          ${screen.summary()}`), summaryEveryMs)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  return supervise(config.dataDir, {
    name: 'town',
    entry: entryOf(config, 'packages/simulator'),
    onLine: screen.show,
    onRestart: (name, why) => say(`${name} ${why}; starting it again`),
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
