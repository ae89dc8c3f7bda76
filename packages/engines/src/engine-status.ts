import { dataDirectory } from './data-directory.ts'
import type { EngineName, EngineSource } from './engine.ts'
import { lockOwner } from './lock.ts'
import { isAlive } from './process/identity.ts'
import { residentBytes } from './process/resident-memory.ts'
import { type RunRecord, readRunRecords } from './run-record.ts'

/** One engine as it is now. */
export interface EngineStatus {
  readonly engine: EngineName
  readonly source: EngineSource
  readonly url: string
  /** `external`: somebody else runs it. `stopped`: it was left behind by a crash, and is gone. */
  readonly state: 'running' | 'stopped' | 'external'
  readonly since: Date
  /** Of a local process. */
  readonly pid?: number
  /** The name of a container. */
  readonly container?: string
  /** Memory of the engine with all its processes. */
  readonly residentBytes?: number
}

/** A data directory as it is now. */
export interface EnginesStatus {
  /** The process that started the engines and looks after them. */
  readonly owner?: { readonly pid: number; readonly since: Date }
  /** Empty when nothing was started. */
  readonly engines: readonly EngineStatus[]
}

/** What runs for a data directory, seen from any process. */
export async function engineStatus(dataDir: string): Promise<EnginesStatus> {
  const directory = dataDirectory(dataDir)
  const owner = lockOwner(directory)
  const engines = await Promise.all(readRunRecords(directory).map(status))
  return owner ? { owner: { pid: owner.pid, since: new Date(owner.since) }, engines } : { engines }
}

async function status(record: RunRecord): Promise<EngineStatus> {
  const { engine, source, url, process, container } = record
  const known = { engine, source, url, since: new Date(record.since) }
  if (process)
    return isAlive(process)
      ? { ...known, state: 'running', pid: process.pid, residentBytes: residentBytes(process.pid) }
      : { ...known, state: 'stopped' }
  if (container === undefined) return { ...known, state: 'external' }

  const docker = await import('./docker/find-docker.ts').then(({ findDocker }) => findDocker())
  if (!docker) return { ...known, container, state: 'stopped' }
  const { inspectContainer } = await import('./docker/containers.ts')
  const { running, residentBytes: bytes } = await inspectContainer(docker, container)
  return {
    ...known,
    container,
    state: running ? 'running' : 'stopped',
    ...(bytes === undefined ? {} : { residentBytes: bytes }),
  }
}
