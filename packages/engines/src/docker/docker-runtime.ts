import { createWriteStream, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ContainerRuntimeClient, GenericContainer, ImageName } from 'testcontainers'
import type { DataDirectory } from '../data-directory.ts'
import type { EngineName, EngineRuntime, RunningEngine } from '../engine.ts'
import { EngineError } from '../errors.ts'
import type { Report } from '../events.ts'
import { lastLines } from '../last-lines.ts'
import { writeRunRecord } from '../run-record.ts'
import { containerName, removeContainer, removeVolume } from './containers.ts'
import { within } from './find-docker.ts'
import { engineImage } from './images.ts'

const REGISTRY_TIMEOUT_MS = 5_000

/** An engine in a container, and how its image gets here. */
export interface DockerEngine {
  readonly runtime: EngineRuntime
  /** Whether the image is here or its registry would hand it out. */
  available(): Promise<boolean>
  /** @throws EngineError when the registry fails half-way. */
  pull(report: Report): Promise<void>
}

export function dockerEngine(
  engine: EngineName,
  docker: ContainerRuntimeClient,
  directory: DataDirectory,
  port: number,
): DockerEngine {
  const { host: dockerHost } = docker.info.containerRuntime
  const host = dockerHost === 'localhost' ? '127.0.0.1' : dockerHost
  const plan = engineImage(engine, host, port)
  const image = ImageName.fromString(plan.image)
  const name = containerName(directory, engine)
  const url = plan.url(host, port)

  return {
    async available() {
      if (await docker.image.exists(image)) return true
      const { dockerode } = docker.container
      return (await within(REGISTRY_TIMEOUT_MS, dockerode.getImage(plan.image).distribution())) !== undefined
    },

    async pull(report) {
      if (await docker.image.exists(image)) return
      report({ kind: 'progress', text: `Pulling ${plan.image}` })
      await docker.image.pull(image)
      // A pull that breaks off reports no error.
      if (!(await docker.image.exists(image)))
        throw new EngineError(`Docker could not pull ${plan.image}. Try: docker pull ${plan.image}`)
    },

    runtime: {
      engine,
      source: 'docker',
      url,
      async launch() {
        await removeContainer(docker, name)
        // The volume follows the directory that stands for it: to delete that is to delete the data.
        if (!existsSync(directory.engine(engine))) await removeVolume(docker, name)
        mkdirSync(directory.engine(engine), { recursive: true })
        const container = new LoopbackContainer(plan.image, host === '127.0.0.1')
          .withName(name)
          .withExposedPorts({ container: plan.port, host: port })
          .withEnvironment(plan.environment ?? {})
          .withLogConsumer(stream => stream.pipe(openLog(directory.log(engine))))
          // Its end is ours to see to, as with a process; the library's reaper would need an image of its own.
          .withAutoCleanup(false)
        if (plan.command) container.withCommand([...plan.command])
        if (plan.data) container.withBindMounts([{ source: name, target: plan.data }])
        writeRunRecord(directory, {
          engine,
          source: 'docker',
          url,
          since: new Date().toISOString(),
          container: name,
        })
        await container.start()
        return watchContainer(docker, name)
      },
      lastWords: () => lastLines(directory.log(engine)),
    },
  }
}

/** Publishes its ports to this machine only, unless Docker itself runs on another one. */
class LoopbackContainer extends GenericContainer {
  readonly #local: boolean

  constructor(image: string, local: boolean) {
    super(image)
    this.#local = local
  }

  protected override async beforeContainerCreated() {
    if (!this.#local) return
    const bindings = this.hostConfig.PortBindings as Record<string, { HostIp?: string; HostPort: string }[]>
    for (const binding of Object.values(bindings).flat()) binding.HostIp = '127.0.0.1'
  }
}

function watchContainer(docker: ContainerRuntimeClient, name: string): RunningEngine {
  const container = docker.container.dockerode.getContainer(name)
  let stopping: Promise<void> | undefined
  return {
    ended: container.wait().then(
      ({ StatusCode }: { StatusCode: number }) => `exited with code ${StatusCode}`,
      (error: Error) => error.message,
    ),
    // Docker publishes the port, or does not start the container.
    isListening: () => true,
    stop: () => {
      stopping ??= removeContainer(docker, name)
      return stopping
    },
  }
}

function openLog(file: string) {
  mkdirSync(dirname(file), { recursive: true })
  return createWriteStream(file, { flags: 'a' })
}
