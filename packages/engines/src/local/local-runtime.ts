import type { DataDirectory } from '../data-directory.ts'
import type { EngineName, EngineRuntime } from '../engine.ts'
import { lastLines } from '../last-lines.ts'
import { startEngineProcess } from '../process/engine-process.ts'
import { writeRunRecord } from '../run-record.ts'
import type { LocalEngine } from './local-engine.ts'

/** Runs an engine as a process of this machine. */
export function localRuntime(
  engine: EngineName,
  local: LocalEngine,
  directory: DataDirectory,
  signal?: AbortSignal,
): EngineRuntime {
  const log = directory.log(engine)
  return {
    engine,
    source: 'local',
    url: local.url,
    launch: async () =>
      startEngineProcess(await local.prepare(signal), log, process =>
        writeRunRecord(directory, {
          engine,
          source: 'local',
          url: local.url,
          since: new Date().toISOString(),
          process,
        }),
      ),
    lastWords: () => lastLines(log),
  }
}
