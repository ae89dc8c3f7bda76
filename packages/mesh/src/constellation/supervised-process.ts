import { spawn } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { identify, type ProcessIdentity, stopProcess } from '@walking-buddy/engines/process'
import { dataFiles } from './data-files.ts'

/** A Node process of the mesh that is started again whenever it dies. */
export interface SupervisedProcess {
  name: string
  pid(): number | undefined
  /** Ends it in order (SIGTERM, later SIGKILL) and does not start it again. */
  stop(): Promise<void>
}

export interface ProcessSpec {
  name: string
  entry: string
  env: Readonly<Record<string, string>>
  /** Gets each line of stdout; without it stdout goes to the log file. */
  onLine?: (line: string) => void
  /** Told when it died (with how) and was started again. */
  onRestart?: (name: string, why: string) => void
}

const stopSteps = [
  { signal: 'SIGTERM', graceMs: 25_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
] as const
const maxLogBytes = 32 << 20

/** Many processes share one machine here: V8 keeps its heap small instead of growing it for speed. */
const lean = ['--optimize-for-size', '--max-semi-space-size=2']

/** Starts a process in a session of its own, so that Ctrl-C reaches us and not it; logs go to `<data>/logs/<name>.log`. */
export function supervise(dataDir: string, spec: ProcessSpec): SupervisedProcess {
  const files = dataFiles(dataDir)
  mkdirSync(files.logs, { recursive: true })
  mkdirSync(files.processes, { recursive: true })
  const record = join(files.processes, `${spec.name}.json`)
  let stopping = false
  let identity: ProcessIdentity | undefined
  let restart: NodeJS.Timeout | undefined
  let backoffMs = 100

  const run = (): void => {
    const log = openLog(join(files.logs, `${spec.name}.log`))
    const startedMs = performance.now()
    const child = spawn(process.execPath, [...lean, spec.entry], {
      detached: true,
      stdio: ['ignore', spec.onLine ? 'pipe' : log, log],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        TZ: process.env['TZ'],
        NODE_COMPILE_CACHE: files.compileCache,
        NODE_ENV: 'production',
        MALLOC_ARENA_MAX: '2',
        ...spec.env,
      },
    })
    closeSync(log)
    if (spec.onLine && child.stdout) createInterface({ input: child.stdout }).on('line', spec.onLine)
    identity = child.pid === undefined ? undefined : identify(child.pid)
    if (identity) writeFileSync(record, JSON.stringify({ name: spec.name, ...identity }))
    child.once('exit', (code, signal) => {
      if (stopping) return
      if (performance.now() - startedMs > 30_000) backoffMs = 100
      spec.onRestart?.(spec.name, signal ? `was ended by ${signal}` : `exited with code ${code}`)
      restart = setTimeout(run, backoffMs)
      backoffMs = Math.min(5_000, backoffMs * 2)
    })
  }
  run()

  return {
    name: spec.name,
    pid: () => identity?.pid,
    async stop() {
      stopping = true
      clearTimeout(restart)
      if (identity) await stopProcess(identity, stopSteps)
      rmSync(record, { force: true })
    },
  }
}

/** Processes on record, alive or not, by name. */
export function recordedProcesses(dataDir: string): ({ name: string } & ProcessIdentity)[] {
  const { processes } = dataFiles(dataDir)
  try {
    return readdirSync(processes)
      .filter(file => file.endsWith('.json'))
      .flatMap(file => {
        try {
          return [
            JSON.parse(readFileSync(join(processes, file), 'utf8')) as { name: string } & ProcessIdentity,
          ]
        } catch {
          // Half written when the machine stopped: it names nobody.
          return []
        }
      })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Ends what an owner that was killed left behind; nothing else, for each is known by its start time too. */
export async function stopLeftovers(dataDir: string): Promise<string[]> {
  const { processes } = dataFiles(dataDir)
  const left = recordedProcesses(dataDir)
  const ended = await Promise.all(
    left.map(async ({ name, ...identity }) => {
      const alive = identify(identity.pid)?.startedAt === identity.startedAt
      if (alive) await stopProcess(identity, stopSteps)
      rmSync(join(processes, `${name}.json`), { force: true })
      return alive ? [name] : []
    }),
  )
  return ended.flat()
}

function openLog(file: string): number {
  try {
    if (statSync(file).size > maxLogBytes) renameSync(file, `${file}.1`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return openSync(file, 'a')
}
