import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineConfig } from '../config.ts'
import type { DataDirectory } from '../data-directory.ts'
import { EngineError } from '../errors.ts'
import type { Report } from '../events.ts'
import { KAFKA_BROKER } from '../kafka-broker.ts'
import { HOST } from '../ports.ts'
import { STOP_STEPS } from '../process/stop-process.ts'
import { atomicDirectory } from './atomic-directory.ts'
import { runCommand } from './command.ts'
import { javaFlags, javaTool, missingJava } from './java.ts'
import type { LocalEngine } from './local-engine.ts'
import { downloadJars } from './maven.ts'
import { contentKey, packageFile } from './package-files.ts'

const MAX_HEAP_MIB = 256

/** Apache Kafka in KRaft mode: broker and controller in one process. */
export function localKafka(config: EngineConfig, directory: DataDirectory, report: Report): LocalEngine {
  const { kafka: port, kafkaController: controllerPort } = config.ports
  const home = directory.engine('kafka')
  const data = join(home, 'data')
  const properties = join(home, 'server.properties')
  const pom = packageFile('kafka/pom.xml')
  const software = join(directory.software, `kafka-${contentKey(pom)}`)
  const java = javaTool(config.javaHome, 'java')
  const classPath = ['-cp', join(software, 'libs', '*')]

  return {
    url: `${HOST}:${port}`,

    missingPackages: () => missingJava(config.javaHome, 'kafka', existsSync(software)),

    install: () => atomicDirectory(software, draft => downloadJars('Apache Kafka', pom, draft, report)),

    async prepare(signal) {
      mkdirSync(home, { recursive: true })
      await atomicDirectory(data, async draft => {
        const file = `${properties}.format`
        writeProperties(file, draft)
        const clusterId = randomBytes(16).toString('base64url')
        // One id in 64 begins with a dash: `-t` would take it for an option.
        const { ok, output } = await runCommand(
          java,
          [
            ...javaFlags(64),
            ...classPath,
            'kafka.tools.StorageTool',
            'format',
            `--cluster-id=${clusterId}`,
            '-c',
            file,
          ],
          { signal },
        )
        if (!ok) throw new EngineError(`Kafka could not format its data directory:\n${output}`)
      })
      writeProperties(properties, data)
      return {
        command: java,
        args: [...javaFlags(MAX_HEAP_MIB), ...classPath, 'kafka.Kafka', properties],
        cwd: home,
        port,
        stop: STOP_STEPS.kafka,
      }
    },
  }

  function writeProperties(file: string, logDirectory: string) {
    const settings: Record<string, string> = {
      ...KAFKA_BROKER,
      'controller.quorum.voters': `1@${HOST}:${controllerPort}`,
      listeners: `PLAINTEXT://${HOST}:${port},CONTROLLER://${HOST}:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${HOST}:${port}`,
      'log.dirs': logDirectory,
    }
    writeFileSync(
      file,
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    )
  }
}
