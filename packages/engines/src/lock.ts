import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DataDirectory } from './data-directory.ts'
import { AlreadyRunningError, EngineError } from './errors.ts'
import { identify, isAlive, type ProcessIdentity } from './process/identity.ts'

/** The process that holds a data directory. */
export interface LockOwner extends ProcessIdentity {
  /** ISO time at which it took the lock. */
  readonly since: string
}

/**
 * Takes the data directory for this process.
 *
 * @returns how to give it back.
 * @throws AlreadyRunningError while a living process holds it. A lock whose owner is gone is taken over.
 */
export function acquireLock(directory: DataDirectory): () => void {
  const { lockFile } = directory
  const self = identify(process.pid)
  if (!self) throw new EngineError('this process cannot be found in the process table')
  const mine = JSON.stringify({ ...self, since: new Date().toISOString() } satisfies LockOwner)

  mkdirSync(dirname(lockFile), { recursive: true })
  const draft = `${lockFile}.${process.pid}`
  writeFileSync(draft, mine)
  try {
    while (!publish(draft, lockFile)) {
      const holder = lockOwner(directory)
      if (holder) throw new AlreadyRunningError(directory.path, holder.pid, new Date(holder.since))
      discardStale(lockFile, `${draft}.stale`)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    if (read(lockFile) === mine) rmSync(lockFile, { force: true })
  }
}

/** The living process that holds the directory, if any does. */
export function lockOwner(directory: DataDirectory): LockOwner | undefined {
  const owner = parse(read(directory.lockFile))
  return owner && isAlive(owner) ? owner : undefined
}

/** Appears with its content or not at all, and never replaces a lock. */
function publish(draft: string, lockFile: string) {
  try {
    linkSync(draft, lockFile)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two processes may find the same stale lock; the slower one must not discard the faster one's new lock. */
function discardStale(lockFile: string, aside: string) {
  try {
    renameSync(lockFile, aside)
  } catch {
    return
  }
  const owner = parse(read(aside))
  if (owner && isAlive(owner)) publish(aside, lockFile)
  rmSync(aside, { force: true })
}

function read(file: string) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function parse(text: string): LockOwner | undefined {
  try {
    const { pid, startedAt, since } = JSON.parse(text) as LockOwner
    return { pid, startedAt, since }
  } catch {
    return undefined
  }
}
