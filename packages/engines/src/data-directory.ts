import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { EngineName } from './engine.ts'

/** Where things are under one data directory. */
export interface DataDirectory {
  readonly path: string
  readonly lockFile: string
  readonly logs: string
  /** Jars and classes, shared by the data directories beside this one. */
  readonly software: string
  /** Names what cannot live inside: container and volume names, a directory elsewhere. */
  readonly fingerprint: string
  engine(engine: EngineName): string
  log(name: EngineName | 'install'): string
  runRecord(engine: EngineName): string
}

export function dataDirectory(dataDir: string): DataDirectory {
  const path = resolve(dataDir)
  return {
    path,
    lockFile: join(path, 'engines.lock'),
    logs: join(path, 'logs'),
    software: resolve(path, '..', 'software'),
    fingerprint: createHash('sha256').update(path).digest('hex').slice(0, 10),
    engine: engine => join(path, engine),
    log: name => join(path, 'logs', `${name}.log`),
    runRecord: engine => join(path, 'run', `${engine}.json`),
  }
}
