import { rmSync } from 'node:fs'
import { type EngineConfig, type EnginePorts, loadEngineConfig } from './config.ts'
import { type DataDirectory, dataDirectory } from './data-directory.ts'
import {
  ENGINE_NAMES,
  type EngineName,
  type EngineRuntime,
  type EngineSource,
  type EngineUrls,
} from './engine.ts'
import type { Report } from './events.ts'
import { acquireLock } from './lock.ts'
import { assertPortsFree } from './ports.ts'
import { waitUntilReady } from './readiness.ts'
import { resolveRuntimes } from './resolve-runtimes.ts'
import { removeRunRecord, writeRunRecord } from './run-record.ts'
import { stopLeftovers } from './stop-engines.ts'
import { type SupervisedEngine, supervise } from './supervisor.ts'

const EXTERNAL_READY_TIMEOUT_MS = 5_000

/** How engines are started. */
export interface EngineOptions {
  /** Where data, logs and locks live; survives restarts, and belongs to one owner at a time. */
  readonly dataDir: string
  /** Deletes what earlier runs stored, before anything is started. */
  readonly fresh?: boolean
  /** Overrides the usual ports and the variables that move them. */
  readonly ports?: Partial<EnginePorts>
  /** Read for {@link loadEngineConfig}; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv
  /** Is told of progress, and later of deaths and recoveries. */
  readonly onEvent?: Report
  /** Gives up the start: what was started so far is stopped again. */
  readonly signal?: AbortSignal
}

/** Running engines; each is started again when it dies. */
export interface Engines {
  readonly urls: EngineUrls
  readonly sources: Readonly<Record<EngineName, EngineSource>>
  /** Ends what was started, and frees the data directory. Calling it again is harmless. */
  stop(): Promise<void>
}

/**
 * Gives every engine a URL that serves real clients: from the environment where a variable names one, else from
 * a Docker image where Docker can get it, else from processes of this machine, which are installed on first need.
 *
 * @throws AlreadyRunningError while another process holds `dataDir`.
 * @throws PortTakenError when another program listens where an engine should.
 * @throws EngineError when something is missing or fails; the message says what to do.
 */
export async function startEngines(options: EngineOptions): Promise<Engines> {
  const { onEvent: report = () => {}, signal = new AbortController().signal } = options
  const directory = dataDirectory(options.dataDir)
  const loaded = loadEngineConfig(options.env)
  const config: EngineConfig = { ...loaded, ports: { ...loaded.ports, ...options.ports } }

  const release = acquireLock(directory)
  try {
    await stopLeftovers(directory)
    if (options.fresh)
      for (const engine of ENGINE_NAMES) rmSync(directory.engine(engine), { recursive: true, force: true })
    const ours = ENGINE_NAMES.filter(engine => config.urls[engine] === undefined)
    await assertPortsFree(ours, config.ports)
    const runtimes = await resolveRuntimes(ours, config, directory, report, signal)
    const stopAll = await startAll(runtimes, config, directory, report, signal)
    const byName = <T>(of: (runtime: EngineRuntime) => T, external: (engine: EngineName) => T) =>
      Object.fromEntries(
        ENGINE_NAMES.map(engine => {
          const runtime = runtimes.find(candidate => candidate.engine === engine)
          return [engine, runtime ? of(runtime) : external(engine)]
        }),
      ) as Record<EngineName, T>
    let stopping: Promise<void> | undefined
    return {
      urls: byName(
        ({ url }) => url,
        engine => config.urls[engine] as string,
      ),
      sources: byName<EngineSource>(
        ({ source }) => source,
        () => 'environment',
      ),
      stop: () => {
        stopping ??= stopAll().finally(release)
        return stopping
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

/** Starts all at once. The first failure ends the others. @returns how to stop them. */
async function startAll(
  runtimes: readonly EngineRuntime[],
  config: EngineConfig,
  directory: DataDirectory,
  report: Report,
  signal: AbortSignal,
) {
  const failed = new AbortController()
  const eitherSignal = AbortSignal.any([signal, failed.signal])
  const started: SupervisedEngine[] = []
  const stopAll = async () => {
    await Promise.all(started.map(engine => engine.stop()))
    for (const engine of ENGINE_NAMES) removeRunRecord(directory, engine)
  }

  const starts = [
    ...runtimes.map(async runtime => {
      started.push(await supervise(runtime, report, eitherSignal))
    }),
    ...ENGINE_NAMES.flatMap(engine => {
      const url = config.urls[engine]
      return url === undefined ? [] : [useExternal(engine, url, directory, eitherSignal)]
    }),
  ]
  try {
    await Promise.all(starts)
    signal.throwIfAborted()
    return stopAll
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(starts)
    await stopAll()
    throw error
  }
}

async function useExternal(engine: EngineName, url: string, directory: DataDirectory, signal: AbortSignal) {
  await waitUntilReady(engine, url, EXTERNAL_READY_TIMEOUT_MS, signal)
  writeRunRecord(directory, { engine, source: 'environment', url, since: new Date().toISOString() })
}
