import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { EngineConfig } from '../config.ts'
import type { DataDirectory } from '../data-directory.ts'
import { EngineError } from '../errors.ts'
import type { Report } from '../events.ts'
import { HOST } from '../ports.ts'
import { STOP_STEPS } from '../process/stop-process.ts'
import { atomicDirectory } from './atomic-directory.ts'
import { runCommand } from './command.ts'
import { javaFlags, javaTool, missingJava } from './java.ts'
import type { LocalEngine } from './local-engine.ts'
import { downloadJars } from './maven.ts'
import { contentKey, packageFile } from './package-files.ts'

const MAX_HEAP_MIB = 160

/** A server of the MongoDB protocol in Java: MongoDB itself is in no distribution's archive. */
export function localMongo(config: EngineConfig, directory: DataDirectory, report: Report): LocalEngine {
  const port = config.ports.mongo
  const home = directory.engine('mongo')
  const pom = packageFile('mongo/pom.xml')
  const launcher = packageFile('mongo/Launcher.java')
  const software = join(directory.software, `mongo-${contentKey(pom, launcher)}`)
  const classPath = (at: string) => ['-cp', [join(at, 'libs', '*'), join(at, 'classes')].join(delimiter)]

  return {
    url: `mongodb://${HOST}:${port}`,

    missingPackages: () => missingJava(config.javaHome, 'mongo', existsSync(software)),

    install: () =>
      atomicDirectory(software, async draft => {
        await downloadJars('the MongoDB-protocol server', pom, draft, report)
        const { ok, output } = await runCommand(javaTool(config.javaHome, 'javac'), [
          ...classPath(draft),
          '-d',
          join(draft, 'classes'),
          launcher,
        ])
        if (!ok) throw new EngineError(`javac could not compile the MongoDB launcher:\n${output}`)
      }),

    async prepare() {
      mkdirSync(home, { recursive: true })
      return {
        command: javaTool(config.javaHome, 'java'),
        args: [
          ...javaFlags(MAX_HEAP_MIB),
          '-Dio.netty.noPreferDirect=true',
          ...classPath(software),
          'Launcher',
          HOST,
          `${port}`,
          join(home, 'data.mv'),
        ],
        cwd: home,
        port,
        stop: STOP_STEPS.mongo,
      }
    },
  }
}
