import { type ClientEventName, clientEvents } from '@walking-buddy/contracts/socket'
import { exhausted, invalid, isAppError, notFound } from '@walking-buddy/errors'
import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import { inSpan, type Logger, type Metrics } from '@walking-buddy/telemetry'
import type { Application } from '../../../application/index.ts'
import type { Connection } from '../../../application/ports.ts'
import { type TokenBucket, tokenBucket } from '../../../domain/token-bucket.ts'
import { type Acknowledgement, refusalOf } from './acknowledgement.ts'
import { type EventRule, eventRules, patience, type RateClass, rates } from './event-rules.ts'
import { validated } from './validated.ts'

const tooFast = 'rate-limited'

/** Takes whatever a client sends: name and arguments, of which the last may be the acknowledgement. */
export type EventHandler = (name: unknown, args: readonly unknown[]) => Promise<void>

/**
 * Every event is counted, authorized, validated and acknowledged here, known or not. One handler serves one
 * connection.
 */
export function eventHandlers(deps: {
  app: Pick<Application, 'clientEvents' | 'assertAlive' | 'expire'>
  clock: Clock
  identifiers: Identifiers
  log: Logger
  metrics: Metrics
}): (connection: Connection) => EventHandler {
  const { app, clock, log } = deps
  const seconds = deps.metrics.histogram(
    'realtime_client_event_seconds',
    'Duration of client events by name and outcome',
    ['event', 'outcome'],
  )

  return connection => {
    const buckets = new Map<RateClass | 'patience', TokenBucket>()
    const bucket = (name: RateClass | 'patience'): TokenBucket => {
      const held = buckets.get(name) ?? tokenBucket(name === 'patience' ? patience : rates[name])
      buckets.set(name, held)
      return held
    }

    const count = (rate: RateClass): void => {
      const waitMs = bucket(rate).take(clock.monotonicMs())
      if (waitMs === 0) return
      const retryAfterSeconds = Math.ceil(waitMs / 1000)
      throw exhausted(tooFast, `Too many of these events; try again in ${retryAfterSeconds} s.`, {
        retryAfterSeconds,
      })
    }

    const authorize = async (rule: EventRule): Promise<void> => {
      try {
        if (rule.access === 'live session') await app.assertAlive(connection)
      } catch (error) {
        // After the refusal has left.
        if (isAppError(error) && error.kind === 'unauthenticated') setImmediate(() => app.expire(connection))
        throw error
      }
    }

    const perform = async (
      name: ClientEventName | undefined,
      payload: readonly unknown[],
    ): Promise<unknown> => {
      count(name ? eventRules[name].rate : 'unknown')
      if (!name) throw notFound('unknown-event', 'There is no such event.')
      await authorize(eventRules[name])
      if (payload.length > 1)
        throw invalid('invalid-request', 'An event has one payload.', {
          faults: [{ path: 'payload', message: 'more than one' }],
        })
      const input = validated(clientEvents[name].payload, payload[0] ?? undefined, 'payload')
      return inSpan<unknown>(name, { kind: 'server' }, () =>
        app.clientEvents[name](connection, input as never),
      )
    }

    return async (given, args) => {
      const name = isClientEvent(given) ? given : undefined
      const last = args.at(-1)
      const acknowledge = (answer: Acknowledgement) => typeof last === 'function' && last(answer)
      const startedMs = clock.monotonicMs()
      let outcome = 'ok'
      try {
        const data = await perform(name, typeof last === 'function' ? args.slice(0, -1) : args)
        acknowledge({ ok: true, data })
      } catch (error) {
        outcome = isAppError(error) ? error.kind : 'other'
        const problem = refusalOf(error, deps.identifiers.uuid(clock.now()))
        // While something that it needs is down every phone fails every second: that is counted, and logged by its client.
        if (outcome === 'other')
          log.error({ err: error, event: name, requestId: problem.requestId }, 'client event failed')
        acknowledge({ ok: false, problem })
        if (problem.code === tooFast && bucket('patience').take(clock.monotonicMs()) > 0) connection.end()
      } finally {
        seconds.observe({ event: name ?? 'unknown', outcome }, (clock.monotonicMs() - startedMs) / 1000)
      }
    }
  }
}

const isClientEvent = (name: unknown): name is ClientEventName =>
  typeof name === 'string' && Object.hasOwn(clientEvents, name)
