import type { EngineConfig } from './config.ts'
import type { DataDirectory } from './data-directory.ts'
import { findDocker } from './docker/find-docker.ts'
import type { EngineName, EngineRuntime } from './engine.ts'
import type { Report } from './events.ts'
import { localKafka } from './local/kafka.ts'
import type { LocalEngine } from './local/local-engine.ts'
import { localRuntime } from './local/local-runtime.ts'
import { localMongo } from './local/mongo.ts'
import { localPostgres } from './local/postgres.ts'
import { localRedis } from './local/redis.ts'
import { installSystemPackages } from './local/system-packages.ts'

/** Chooses how each engine runs, and fetches all that this takes before anything is started. */
export async function resolveRuntimes(
  engines: readonly EngineName[],
  config: EngineConfig,
  directory: DataDirectory,
  report: Report,
  signal: AbortSignal,
): Promise<EngineRuntime[]> {
  const containers = await dockerRuntimes(engines, config, directory, report)
  const builders: Record<EngineName, () => LocalEngine> = {
    postgres: () => localPostgres(config, directory),
    redis: () => localRedis(config, directory),
    kafka: () => localKafka(config, directory, report),
    mongo: () => localMongo(config, directory, report),
  }
  const processes = engines
    .filter(engine => !containers.some(runtime => runtime.engine === engine))
    .map(engine => ({ engine, local: builders[engine]() }))

  const missing = await Promise.all(processes.map(({ local }) => local.missingPackages()))
  await installSystemPackages(missing.flat(), directory.log('install'), report)
  signal.throwIfAborted()
  await Promise.all(processes.map(({ local }) => local.install()))
  signal.throwIfAborted()
  return [
    ...containers,
    ...processes.map(({ engine, local }) => localRuntime(engine, local, directory, signal)),
  ]
}

async function dockerRuntimes(
  engines: readonly EngineName[],
  { docker: mayUseDocker, ports }: EngineConfig,
  directory: DataDirectory,
  report: Report,
): Promise<EngineRuntime[]> {
  const docker = mayUseDocker && engines.length > 0 ? await findDocker() : undefined
  if (!docker) return []
  const { dockerEngine } = await import('./docker/docker-runtime.ts')
  const candidates = engines.map(engine => dockerEngine(engine, docker, directory, ports[engine]))
  const available = await Promise.all(candidates.map(candidate => candidate.available()))
  const chosen = candidates.filter((_, index) => available[index])
  await Promise.all(chosen.map(candidate => candidate.pull(report)))
  return chosen.map(({ runtime }) => runtime)
}
