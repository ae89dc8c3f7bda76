import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { dataDirectory } from '../../src/data-directory.ts'
import { containerName, removeVolume } from '../../src/docker/containers.ts'
import { findDocker } from '../../src/docker/find-docker.ts'
import { ENGINE_NAMES } from '../../src/index.ts'

const DATA = fileURLToPath(new URL('../../../../.data/', import.meta.url))

/** An empty data directory, beside the others so that what they installed is used. */
export function emptyDataDirectory(name: string): { path: string; remove: () => Promise<void> } {
  const path = `${DATA}test-engines-${name}-${process.pid}`
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  return {
    path,
    async remove() {
      const docker = await findDocker()
      for (const engine of ENGINE_NAMES)
        if (docker) await removeVolume(docker, containerName(dataDirectory(path), engine))
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** The same, removed when the test ends. */
export function temporaryDataDirectory(name: string): string {
  const { path, remove } = emptyDataDirectory(name)
  onTestFinished(remove)
  return path
}

/** Listens on a port of this machine; 0 chooses one. */
export async function listen(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as { port: number }).port,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

/** The engines of the test run stand in for all but the ones that a test is about. */
export const allBut = (...variables: string[]): NodeJS.ProcessEnv => ({
  ...process.env,
  ...Object.fromEntries(variables.map(variable => [variable, ''])),
})
