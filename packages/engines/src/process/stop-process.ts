import { setTimeout as delay } from 'node:timers/promises'
import type { EngineName } from '../engine.ts'
import { isAlive, type ProcessIdentity } from './identity.ts'

/** A signal, and how long to wait for its effect. */
export interface StopStep {
  readonly signal: NodeJS.Signals
  readonly graceMs: number
}

const GENTLY_THEN_FIRMLY: readonly StopStep[] = [
  { signal: 'SIGTERM', graceMs: 15_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
]

/** How each engine likes to be stopped; for PostgreSQL: fast, then immediate, which it recovers from. */
export const STOP_STEPS: Readonly<Record<EngineName, readonly StopStep[]>> = {
  postgres: [
    { signal: 'SIGINT', graceMs: 15_000 },
    { signal: 'SIGQUIT', graceMs: 5_000 },
    { signal: 'SIGKILL', graceMs: 5_000 },
  ],
  redis: GENTLY_THEN_FIRMLY,
  kafka: GENTLY_THEN_FIRMLY,
  mongo: GENTLY_THEN_FIRMLY,
}

const POLL_MS = 25

/** Ends exactly this process: a later one with the same number is left alone. */
export async function stopProcess(identity: ProcessIdentity, steps: readonly StopStep[]): Promise<void> {
  for (const { signal, graceMs } of steps) {
    if (!isAlive(identity)) return
    try {
      process.kill(identity.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    if (await hasEnded(identity, graceMs)) return
  }
  if (isAlive(identity)) throw new Error(`process ${identity.pid} does not end`)
}

/** Waits for a process that is not our child. `false` when it still lives after `timeoutMs`. */
export async function hasEnded(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}
