import { type DataDirectory, dataDirectory } from './data-directory.ts'
import { removeContainer } from './docker/containers.ts'
import { findDocker } from './docker/find-docker.ts'
import { ENGINE_TITLES } from './engine.ts'
import { EngineError } from './errors.ts'
import { acquireLock, lockOwner } from './lock.ts'
import { STOP_STEPS, type StopStep, stopProcess } from './process/stop-process.ts'
import { readRunRecords, removeRunRecord } from './run-record.ts'

/** The owner ends its services first, then the engines. */
const OWNER_STOP_STEPS: readonly StopStep[] = [
  { signal: 'SIGTERM', graceMs: 60_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
]

/**
 * Ends what another process started for a data directory: that process by SIGTERM, so that it can end its own
 * work in order, then whatever it left. Only processes and containers that were recorded at their start are
 * touched, and never a process that merely got the number of one.
 *
 * @returns whether anything was running.
 */
export async function stopEngines(dataDir: string): Promise<boolean> {
  const directory = dataDirectory(dataDir)
  const owner = lockOwner(directory)
  if (owner && owner.pid !== process.pid) await stopProcess(owner, OWNER_STOP_STEPS)
  const leftovers = await stopLeftovers(directory)
  return owner !== undefined || leftovers
}

/** Ends what a crashed owner left for a data directory; does nothing while a living one holds it. */
export async function stopOrphanedEngines(dataDir: string): Promise<boolean> {
  const directory = dataDirectory(dataDir)
  if (lockOwner(directory)) return false
  const release = acquireLock(directory)
  try {
    return await stopLeftovers(directory)
  } finally {
    release()
  }
}

/** Ends the engines that a crashed owner left, for the holder of the lock. @returns whether there were any. */
export async function stopLeftovers(directory: DataDirectory): Promise<boolean> {
  const records = readRunRecords(directory)
  const containers = records.flatMap(({ container }) => container ?? [])
  const docker = containers.length > 0 ? await findDocker() : undefined
  await Promise.all(
    records.map(async ({ engine, process, container }) => {
      if (process) await stopProcess(process, STOP_STEPS[engine])
      if (container !== undefined) {
        if (!docker)
          throw new EngineError(
            `${ENGINE_TITLES[engine]} was left in the container ${container}, and Docker does not answer`,
          )
        await removeContainer(docker, container)
      }
      removeRunRecord(directory, engine)
    }),
  )
  return records.length > 0
}
