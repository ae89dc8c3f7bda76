import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RunningEngine } from '../engine.ts'
import { EngineError } from '../errors.ts'
import { identify, type ProcessIdentity } from './identity.ts'
import { listensOn } from './listening.ts'
import { type StopStep, stopProcess } from './stop-process.ts'

/** How an engine's process is started and ended. */
export interface ProcessPlan {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The port that it is to serve on. */
  readonly port: number
  /** Whom it runs as, when not as us. */
  readonly user?: UnixUser | undefined
  readonly stop: readonly StopStep[]
}

export interface UnixUser {
  readonly uid: number
  readonly gid: number
}

const LOG_LIMIT_BYTES = 16 << 20

/**
 * Starts an engine in a session of its own, so that the terminal's Ctrl-C reaches us and not it.
 *
 * @param onStart is told who it is before anything else can happen, to record it.
 */
export async function startEngineProcess(
  plan: ProcessPlan,
  logFile: string,
  onStart: (identity: ProcessIdentity) => void,
): Promise<RunningEngine> {
  const log = openLog(logFile)
  const child = spawn(plan.command, plan.args, {
    cwd: plan.cwd,
    detached: true,
    stdio: ['ignore', log, log],
    ...plan.user,
  })
  closeSync(log)
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `exited with code ${code}`))
  })
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (!identity) throw new EngineError(`${plan.command} did not start: ${await ended}`)
  onStart(identity)
  child.unref()

  // A process that exits without stopping its engines still tells them to go.
  const tellToGo = () => void child.kill(plan.stop[0]?.signal)
  process.once('exit', tellToGo)
  child.once('exit', () => process.off('exit', tellToGo))

  let stopping: Promise<void> | undefined
  return {
    ended,
    isListening: () => listensOn(identity.pid, plan.port),
    stop: () => {
      stopping ??= stopProcess(identity, plan.stop)
      return stopping
    },
  }
}

function openLog(file: string) {
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`)
  return openSync(file, 'a')
}
