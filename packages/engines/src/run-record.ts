import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DataDirectory } from './data-directory.ts'
import { ENGINE_NAMES, type EngineName, type EngineSource } from './engine.ts'
import type { ProcessIdentity } from './process/identity.ts'

/** What was started for a data directory: enough for another process to find and end it, and nothing else. */
export interface RunRecord {
  readonly engine: EngineName
  readonly source: EngineSource
  readonly url: string
  readonly since: string
  readonly process?: ProcessIdentity
  readonly container?: string
}

export function writeRunRecord(directory: DataDirectory, record: RunRecord): void {
  const file = directory.runRecord(record.engine)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.partial`, JSON.stringify(record))
  renameSync(`${file}.partial`, file)
}

export const removeRunRecord = (directory: DataDirectory, engine: EngineName): void =>
  rmSync(directory.runRecord(engine), { force: true })

export const readRunRecords = (directory: DataDirectory): RunRecord[] =>
  ENGINE_NAMES.flatMap(engine => {
    try {
      return [JSON.parse(readFileSync(directory.runRecord(engine), 'utf8')) as RunRecord]
    } catch {
      return []
    }
  })
