import type { ContainerRuntimeClient } from 'testcontainers'
import type { DataDirectory } from '../data-directory.ts'
import type { EngineName } from '../engine.ts'

const STOP_GRACE_SECONDS = 20
const NOT_FOUND = 404

/** What the container of an engine is called, and its volume too. */
export const containerName = (directory: DataDirectory, engine: EngineName): string =>
  `walking-buddy-${directory.fingerprint}-${engine}`

/** Ends and removes a container; its volume stays. Does nothing when there is none of that name. */
export async function removeContainer(docker: ContainerRuntimeClient, name: string): Promise<void> {
  const container = docker.container.dockerode.getContainer(name)
  try {
    await container.stop({ t: STOP_GRACE_SECONDS }).catch(unlessStopped)
    await container.remove({ force: true })
  } catch (error) {
    if (statusOf(error) !== NOT_FOUND) throw error
  }
}

/** Deletes a volume, if it exists. */
export async function removeVolume(docker: ContainerRuntimeClient, name: string): Promise<void> {
  try {
    await docker.container.dockerode.getVolume(name).remove()
  } catch (error) {
    if (statusOf(error) !== NOT_FOUND) throw error
  }
}

/** Whether it runs, and how much memory it has. */
export async function inspectContainer(docker: ContainerRuntimeClient, name: string) {
  const container = docker.container.dockerode.getContainer(name)
  try {
    if (!(await container.inspect()).State.Running) return { running: false }
    const stats = await container.stats({ stream: false, 'one-shot': true })
    return { running: true, residentBytes: stats.memory_stats.usage }
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return { running: false }
    throw error
  }
}

const NOT_MODIFIED = 304

function unlessStopped(error: unknown) {
  if (statusOf(error) !== NOT_MODIFIED) throw error
}

const statusOf = (error: unknown) => (error as { statusCode?: number }).statusCode
