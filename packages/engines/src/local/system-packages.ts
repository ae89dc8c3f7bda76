import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { urlVariable } from '../config.ts'
import type { EngineName } from '../engine.ts'
import { EngineError } from '../errors.ts'
import type { Report } from '../events.ts'
import { runCommand } from './command.ts'

/** Software that comes from the system's package manager. */
export interface SystemPackage {
  /** What it is, for people. */
  readonly software: string
  /** Debian and Ubuntu packages that provide it, the best first; the first that the machine's lists know is taken. */
  readonly apt: readonly [string, ...string[]]
  readonly brew: string
  /** Who needs it. */
  readonly engine: EngineName
}

/**
 * Installs packages as root on Debian and Ubuntu; everywhere else says which commands do it.
 *
 * @throws EngineError with what is missing and what to run.
 */
export async function installSystemPackages(
  packages: readonly SystemPackage[],
  logFile: string,
  report: Report,
): Promise<void> {
  if (packages.length === 0) return
  const hasApt = (await runCommand('apt-get', ['--version'])).ok
  if (!hasApt || process.getuid?.() !== 0) throw new EngineError(await instructions(packages, hasApt))

  const software = distinct(packages.map(({ software }) => software)).join(', ')
  report({ kind: 'progress', text: `Installing ${software} with apt-get` })
  mkdirSync(dirname(logFile), { recursive: true })
  const apt = (args: string[]) =>
    runCommand('apt-get', ['-y', '-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      // Only the programs are wanted: the packages' own services must stay down.
      env: { ...ROOT_ENVIRONMENT, SYSTEMD_OFFLINE: '1', RUNLEVEL: '1' },
      onLine: line => {
        appendFileSync(logFile, `${line}\n`)
        const name = /^Setting up (\S+)/.exec(line)?.[1]
        if (name) report({ kind: 'progress', text: `Installed ${name}` })
      },
    })

  // An interrupted apt-get of an earlier start blocks every later one until this has run.
  await runCommand('dpkg', ['--configure', '-a'], { env: ROOT_ENVIRONMENT })
  let names = await aptNames(packages)
  if (names === undefined) {
    report({ kind: 'progress', text: 'Updating the package lists' })
    await apt(['update'])
    names = await aptNames(packages)
  }
  if (names === undefined) throw new EngineError(await instructions(packages, hasApt))
  const install = ['install', '--no-install-recommends', ...names]
  let outcome = await apt(install)
  if (!outcome.ok) {
    // Lists older than the archive name files that are gone.
    await apt(['update'])
    outcome = await apt(install)
  }
  if (!outcome.ok)
    throw new EngineError(
      `apt-get could not install ${names.join(' ')}:\n${outcome.output.split('\n').slice(-8).join('\n')}\n(all of it is in ${logFile})`,
    )
}

const ROOT_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  DEBIAN_FRONTEND: 'noninteractive',
  LC_ALL: 'C',
}

/** One name for each package; `undefined` when the machine's lists lack one. */
async function aptNames(packages: readonly SystemPackage[]) {
  const { output } = await runCommand('apt-cache', ['policy', ...packages.flatMap(({ apt }) => apt)])
  const known = new Set(
    [...output.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (?!\(none\))/gm)].map(([, name]) => name),
  )
  const names = packages.map(({ apt }) => apt.find(name => known.has(name)))
  return names.every(name => name !== undefined) ? distinct(names) : undefined
}

async function instructions(packages: readonly SystemPackage[], hasApt: boolean) {
  if (!hasApt)
    return missingSoftwareMessage(packages, process.platform === 'darwin' ? brewCommand(packages) : undefined)
  const names = (await aptNames(packages)) ?? distinct(packages.map(({ apt }) => apt[0]))
  return missingSoftwareMessage(
    packages,
    `sudo apt-get install -y --no-install-recommends ${names.join(' ')}`,
  )
}

const brewCommand = (packages: readonly SystemPackage[]) =>
  `brew install ${distinct(packages.map(({ brew }) => brew)).join(' ')}`

/** What is missing, and every way out. `command` installs it; `undefined` where none is known. */
export function missingSoftwareMessage(
  packages: readonly SystemPackage[],
  command: string | undefined,
): string {
  const software = distinct(packages.map(({ software }) => `  ${software}`))
  const variables = distinct(packages.map(({ engine }) => urlVariable(engine)))
  return [
    'Missing on this machine:',
    ...software,
    command === undefined ? 'Install it with your package manager,' : `Install it:\n  ${command}`,
    `or start Docker, or name running servers in ${variables.join(', ')}.`,
  ].join('\n')
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]
