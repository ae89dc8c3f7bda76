import { type EngineName, engineStatus } from '../../src/index.ts'

/** SIGKILL, to a process or to a container. */
export async function kill(dataDir: string, name: EngineName): Promise<void> {
  const { engines } = await engineStatus(dataDir)
  const { pid, container } = engines.find(({ engine }) => engine === name) ?? {}
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  if (container === undefined) return
  const { getContainerRuntimeClient } = await import('testcontainers')
  await (await getContainerRuntimeClient()).container.dockerode.getContainer(container).kill()
}
