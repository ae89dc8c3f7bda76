import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { UnixUser } from '../process/engine-process.ts'

/** A command that ran to its end. */
export interface CommandResult {
  readonly ok: boolean
  /** Standard output and standard error as they came. */
  readonly output: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly user?: UnixUser | undefined
  readonly onLine?: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Runs a command; one that cannot be found or that fails is `ok: false`, never an exception. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, user, onLine, signal }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise(resolve => {
    const lines: string[] = []
    const child = spawn(command, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'], ...user })
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', line => {
        lines.push(line)
        onLine?.(line)
      })
    child.once('error', error => resolve({ ok: false, output: [...lines, error.message].join('\n') }))
    child.once('close', code => resolve({ ok: code === 0, output: lines.join('\n') }))
  })
}
