import { setTimeout as delay } from 'node:timers/promises'
import { ENGINE_TITLES, type EngineRuntime, type RunningEngine } from './engine.ts'
import { EngineError } from './errors.ts'
import type { Report } from './events.ts'
import { waitUntilReady } from './readiness.ts'

const READY_TIMEOUT_MS = 90_000
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000
/** An engine that has lived this long is healthy again: its next death starts from the first delay. */
const HEALTHY_AFTER_MS = 30_000

/** An engine that is kept running until it is stopped. */
export interface SupervisedEngine {
  stop(): Promise<void>
}

/**
 * Starts an engine, waits until clients are served, and starts it again whenever it dies.
 *
 * @throws EngineError when the first start fails, with the last lines of its log.
 */
export async function supervise(
  runtime: EngineRuntime,
  report: Report,
  signal: AbortSignal,
): Promise<SupervisedEngine> {
  const title = ENGINE_TITLES[runtime.engine]
  const stopped = new AbortController()
  const cancelled = AbortSignal.any([signal, stopped.signal])

  const startedAt = performance.now()
  let running = await start(runtime, cancelled)
  const tookMs = Math.round(performance.now() - startedAt)
  report({
    kind: 'ready',
    engine: runtime.engine,
    source: runtime.source,
    url: runtime.url,
    tookMs,
    text: `${title} is ready (${(tookMs / 1000).toFixed(1)} s)`,
  })

  const watching = watch()
  return {
    async stop() {
      stopped.abort()
      await watching
      await running.stop()
    },
  }

  async function watch() {
    let retryInMs = FIRST_RETRY_MS
    while (!stopped.signal.aborted) {
      const upSince = performance.now()
      const reason = await Promise.race([running.ended, aborted(stopped.signal)])
      if (stopped.signal.aborted) return
      const diedAt = performance.now()
      if (diedAt - upSince > HEALTHY_AFTER_MS) retryInMs = FIRST_RETRY_MS
      retryInMs = await revive(`${reason}`, diedAt, retryInMs)
    }
  }

  /** @returns the delay before the next revival, should that become necessary soon. */
  async function revive(firstReason: string, diedAt: number, firstRetryInMs: number) {
    let [reason, retryInMs] = [firstReason, firstRetryInMs]
    while (!stopped.signal.aborted) {
      report({
        kind: 'died',
        engine: runtime.engine,
        reason,
        retryInMs,
        text: `${title} ${reason}; starting it again in ${retryInMs} ms`,
      })
      await delay(retryInMs, undefined, { signal: stopped.signal }).catch(() => {})
      if (stopped.signal.aborted) break
      retryInMs = Math.min(retryInMs * 2, LONGEST_RETRY_MS)
      try {
        running = await start(runtime, stopped.signal)
        const downMs = Math.round(performance.now() - diedAt)
        report({
          kind: 'recovered',
          engine: runtime.engine,
          downMs,
          text: `${title} is back after ${(downMs / 1000).toFixed(1)} s`,
        })
        return retryInMs
      } catch (error) {
        reason = (error as Error).message
      }
    }
    return retryInMs
  }
}

async function start(runtime: EngineRuntime, signal: AbortSignal): Promise<RunningEngine> {
  signal.throwIfAborted()
  const running = await runtime.launch()
  const died = new AbortController()
  const reason = running.ended.then(reason => {
    died.abort()
    return reason
  })
  try {
    await waitUntilReady(
      runtime.engine,
      runtime.url,
      READY_TIMEOUT_MS,
      AbortSignal.any([signal, died.signal]),
      running.isListening,
    )
    return running
  } catch (error) {
    const cause = died.signal.aborted && !signal.aborted ? `it ${await reason}` : (error as Error).message
    await running.stop()
    signal.throwIfAborted()
    throw new EngineError(
      `${ENGINE_TITLES[runtime.engine]} did not start: ${cause}\n${runtime.lastWords()}`.trimEnd(),
    )
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
