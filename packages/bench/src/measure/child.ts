import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Child<T> {
  pid: number
  /** What it said when it was ready. */
  said: T
  stop(): Promise<void>
}

/** Ours, ended with us however we end. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/**
 * Runs a module in a process of its own. A line of JSON on its standard output says that it is ready, unless
 * `isReady` asks in another way; the rest of its output is kept for the error.
 * @throws Error with its last words when it ends before
 */
export async function startChild<T = undefined>(
  module: URL,
  options: {
    args?: readonly string[]
    env?: Record<string, string>
    isReady?: () => Promise<T | undefined>
    withinMs?: number
  } = {},
): Promise<Child<T>> {
  const { args = [], env = {}, isReady, withinMs = 60_000 } = options
  const child = spawn(process.execPath, [module.pathname, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  const words: string[] = []
  const note = (line: string): void => {
    words.push(line)
    if (words.length > 30) words.shift()
  }
  createInterface({ input: child.stderr! }).on('line', note)
  const firstLine = Promise.withResolvers<T>()
  createInterface({ input: child.stdout! }).on('line', line => {
    note(line)
    if (!isReady && line.startsWith('{')) firstLine.resolve(JSON.parse(line) as T)
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`${module.pathname} ended with ${code}:\n${words.join('\n')}`)
  })
  died.catch(() => {})
  const deadline = AbortSignal.timeout(withinMs)
  const late = new Promise<never>((_, reject) =>
    deadline.addEventListener('abort', () =>
      reject(new Error(`${module.pathname} was not ready in ${withinMs} ms:\n${words.join('\n')}`)),
    ),
  )
  late.catch(() => {})
  const said = await Promise.race([isReady ? asked(isReady, deadline) : firstLine.promise, died, late]).catch(
    error => {
      child.kill('SIGKILL')
      throw error
    },
  )
  return {
    pid: child.pid!,
    said,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await once(child, 'exit')
      clearTimeout(hard)
    },
  }
}

async function asked<T>(isReady: () => Promise<T | undefined>, deadline: AbortSignal): Promise<T> {
  while (!deadline.aborted) {
    const said = await isReady().catch(() => undefined)
    if (said !== undefined) return said
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('not ready')
}
