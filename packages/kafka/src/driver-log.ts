import type { Logger } from '@walking-buddy/telemetry'
import { type logCreator, logLevel } from 'kafkajs'

const quietMs = 30_000

/**
 * The driver's log in ours, a step quieter than it thinks of itself: it says "error" of what it then retries, for
 * every attempt. What it cannot mend reaches our code as an error, and is logged there. The same words again
 * within 30 s go to debug.
 */
export const driverLog =
  (log: Logger): logCreator =>
  () => {
    const saidAtMs = new Map<string, number>()
    const isNews = (words: string): boolean => {
      const nowMs = performance.now()
      if (nowMs - (saidAtMs.get(words) ?? Number.NEGATIVE_INFINITY) < quietMs) return false
      if (saidAtMs.size > 100) saidAtMs.clear()
      saidAtMs.set(words, nowMs)
      return true
    }
    return ({ level, namespace, log: { message, timestamp, logger, ...fields } }) => {
      const say = level === logLevel.ERROR && isNews(`${namespace} ${message}`) ? 'warn' : 'debug'
      log[say]({ ...fields, driver: namespace }, `kafkajs: ${message}`)
    }
  }
