import { copyFileSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { EngineError } from '../errors.ts'
import type { Report } from '../events.ts'
import { runCommand } from './command.ts'

/**
 * Puts the jars that a `pom.xml` names into a directory.
 *
 * @throws EngineError when Maven Central cannot be reached.
 */
export async function downloadJars(
  what: string,
  pom: string,
  directory: string,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  report({ kind: 'progress', text: `Fetching ${what} from Maven Central` })
  mkdirSync(directory, { recursive: true })
  copyFileSync(pom, join(directory, 'pom.xml'))
  const { ok, output } = await runCommand(
    'mvn',
    ['-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(directory, 'libs')}`],
    {
      cwd: directory,
      signal,
      onLine: line => {
        const file = /Downloaded from \S+: (\S+\.jar)/.exec(line)?.[1]
        if (file) report({ kind: 'progress', text: `Fetched ${basename(file)}` })
      },
    },
  )
  if (ok) return
  const errors = output.split('\n').filter(line => line.startsWith('[ERROR]'))
  throw new EngineError(
    `Maven could not fetch ${what}. A proxy or a mirror is configured in ~/.m2/settings.xml.\n${(errors.length > 0 ? errors : output.split('\n')).slice(0, 4).join('\n')}`,
  )
}
