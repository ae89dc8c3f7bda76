import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EnginePorts, urlVariable } from './config.ts'
import { ENGINE_NAMES } from './engine.ts'
import { AlreadyRunningError, PortTakenError } from './errors.ts'
import { findFreePorts } from './ports.ts'
import { type Engines, startEngines } from './start-engines.ts'

const DATA = fileURLToPath(new URL('../../../.data/', import.meta.url))
const MAX_RUNS = 16

/** Each Vitest project loads this module anew, in the same process. */
const run = globalThis as { walkingBuddyTestEngines?: Promise<Engines> }

/**
 * Vitest's global setup: starts the engines once for a whole run, empty, with ports and data of its own. Workers
 * find them in POSTGRES_URL, REDIS_URL, KAFKA_BROKERS and MONGO_URL; a variable that is set already wins.
 */
export async function setup(): Promise<() => Promise<void>> {
  run.walkingBuddyTestEngines ??= startOwnSet()
  const engines = await run.walkingBuddyTestEngines
  for (const engine of ENGINE_NAMES) process.env[urlVariable(engine)] = engines.urls[engine]
  return () => engines.stop()
}

/** Data directories of the test runs of this clone, living and dead. */
export const testDataDirectories = (): string[] =>
  existsSync(DATA)
    ? readdirSync(DATA)
        .filter(name => name.startsWith('test'))
        .map(name => join(DATA, name))
    : []

/** Runs beside each other have a directory each, and ports that were free when they started. */
async function startOwnSet(): Promise<Engines> {
  for (let index = 0; ; ) {
    try {
      return await startEngines({
        dataDir: dataDirectoryOf(index),
        fresh: true,
        ports: await freePorts(),
        onEvent: ({ text }) => console.log(`engines: ${text}`),
      })
    } catch (error) {
      if (error instanceof PortTakenError) continue
      if (!(error instanceof AlreadyRunningError) || ++index === MAX_RUNS) throw error
    }
  }
}

const dataDirectoryOf = (index: number) => `${DATA}test${index === 0 ? '' : `-${index + 1}`}`

/** A port for each engine that nobody listens on at the moment. */
export async function freePorts(): Promise<EnginePorts> {
  const [postgres, redis, kafka, kafkaController, mongo] = (await findFreePorts(5)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return { postgres, redis, kafka, kafkaController, mongo }
}
