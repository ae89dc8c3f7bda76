import type { Logger } from '@walking-buddy/telemetry'

/** A started part: what others use of it, and how it ends. */
export interface Running<T> {
  value: T
  /** Ends the part; by then everything that was started after it has ended. */
  stop?: (deadline: AbortSignal) => Promise<void>
}

/** Something that a service is made of: starts once, and knows how to end itself. */
export type Part<T> = (name: string) => Promise<Running<T>>

/** Starts parts in order and stops them in reverse. */
export interface Scope {
  /** Starts a part; when that fails, all parts started before are stopped and the error is thrown on. */
  start<T>(name: string, part: Part<T>): Promise<T>
  /** Stops everything within `withinMs`; parts that do not end in time are left behind and named in the log. */
  stop(withinMs: number): Promise<void>
}

/** A scope with nothing in it yet. */
export function createScope(log: Logger): Scope {
  const running: { name: string; stop: (deadline: AbortSignal) => Promise<void> }[] = []
  let stopped: Promise<void> | undefined

  const stopAll = async (withinMs: number): Promise<void> => {
    const deadline = AbortSignal.timeout(withinMs)
    const late = new Promise<'late'>(resolve =>
      deadline.addEventListener('abort', () => resolve('late'), { once: true }),
    )
    for (let part = running.pop(); part !== undefined; part = running.pop()) {
      const { name, stop } = part
      try {
        const ended = await Promise.race([stop(deadline).then(() => 'ended' as const), late])
        if (ended === 'late') log.error({ part: name }, 'part did not stop in time')
      } catch (error) {
        log.error({ part: name, err: error }, 'part failed to stop')
      }
    }
  }

  return {
    async start(name, part) {
      if (stopped) throw new Error(`scope is stopping, ${name} cannot start`)
      try {
        const { value, stop } = await part(name)
        running.push({ name, stop: stop ?? (async () => {}) })
        return value
      } catch (error) {
        await stopAll(10_000)
        throw new Error(`${name} did not start`, { cause: error })
      }
    },
    stop(withinMs) {
      stopped ??= stopAll(withinMs)
      return stopped
    },
  }
}
