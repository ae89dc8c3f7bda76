import type { EventEmitter } from 'node:events'
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { AppError, forbidden, isAppError } from '@walking-buddy/errors'
import type { Part } from '@walking-buddy/service-kit'
import { inSpan, type Logger, type Metrics } from '@walking-buddy/telemetry'
import type { Call, Definition, Handlers, Send } from './methods.ts'
import type { ServiceTokens } from './service-tokens.ts'
import { statusOf } from './status.ts'

interface Policy {
  callers: readonly string[]
}

/** A service with its implementation and the rules who may call it. */
export interface ServedService {
  definition: Definition
  policies: Readonly<Record<string, Policy>>
  handlers: Readonly<Record<string, unknown>>
}

/** Binds an implementation to its definition; every method has a rule, by type. */
export const grpcService = <D extends Definition>(
  definition: D,
  policies: Readonly<Record<keyof D, Policy>>,
  handlers: Handlers<D>,
): ServedService => ({
  definition,
  policies,
  handlers,
})

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerReadableStream<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>

/**
 * Serves over HTTP/2 without TLS (mTLS is the mesh's, by certificates of the deployment). Each call proves its
 * caller by a service token, and is refused unless the contract names that caller.
 * Stopping lets running unary calls finish and ends streams, whose clients come back elsewhere.
 */
export function grpcServer(options: {
  host: string
  port: number
  tokens: ServiceTokens
  services: readonly ServedService[]
  log: Logger
  metrics: Metrics
}): Part<{ port: number }> {
  const seconds = options.metrics.histogram(
    'grpc_server_seconds',
    'Duration of calls by method and outcome',
    ['method', 'outcome'],
  )

  const admit = async (call: AnyCall, policy: Policy): Promise<string> => {
    const caller = await options.tokens.verify(
      String(call.metadata.get('authorization')[0] ?? '').replace(/^Bearer /, ''),
    )
    if (!policy.callers.includes(caller))
      throw forbidden('caller-not-allowed', `${caller} may not call this.`)
    return caller
  }

  /** What all kinds of calls share: who, trace, time, outcome, status. */
  const guarded = async <T>(
    name: string,
    policy: Policy,
    call: AnyCall,
    streams: Set<AbortController>,
    work: (call: Call) => Promise<T>,
  ): Promise<T> => {
    const started = performance.now()
    const ended = new AbortController()
    const events: EventEmitter = call
    events.on('cancelled', () => ended.abort())
    events.on('close', () => ended.abort())
    streams.add(ended)
    let outcome = 'ok'
    try {
      const parent = { traceparent: String(call.metadata.get('traceparent')[0] ?? '') }
      return await inSpan(name, { kind: 'server', parent }, async () =>
        work({ caller: await admit(call, policy), signal: ended.signal }),
      )
    } catch (error) {
      outcome = isAppError(error) ? error.kind : 'other'
      if (outcome === 'other' && !ended.signal.aborted)
        options.log.error({ err: error, method: name }, 'call failed')
      throw error
    } finally {
      streams.delete(ended)
      seconds.observe({ method: name, outcome }, (performance.now() - started) / 1000)
    }
  }

  const implement = (service: ServedService, streams: Set<AbortController>): UntypedServiceImplementation => {
    const implementation: UntypedServiceImplementation = {}
    for (const [key, method] of Object.entries(service.definition)) {
      const name = method.path.slice(1)
      const policy = service.policies[key]!
      const handler = service.handlers[key] as (...args: unknown[]) => Promise<unknown>
      const unary: handleUnaryCall<unknown, unknown> = (call, callback) =>
        answer(callback, () =>
          guarded(name, policy, call, new Set(), context => handler(call.request, context)),
        )
      const clientStream = (call: ServerReadableStream<unknown, unknown>, callback: sendUnaryData<unknown>) =>
        answer(callback, () => guarded(name, policy, call, streams, context => handler(call, context)))
      const serverStream = (call: ServerWritableStream<unknown, unknown>) =>
        finish(call, () =>
          guarded(name, policy, call, streams, context =>
            handler(call.request, sender(call, context.signal), context),
          ),
        )
      const bidi = (call: ServerDuplexStream<unknown, unknown>) =>
        finish(call, () =>
          guarded(name, policy, call, streams, context =>
            handler(call, sender(call, context.signal), context),
          ),
        )
      implementation[key] = method.requestStream
        ? method.responseStream
          ? bidi
          : clientStream
        : method.responseStream
          ? serverStream
          : unary
    }
    return implementation
  }

  return async () => {
    const server = new Server({
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.max_receive_message_length': 8 << 20,
    })
    const streams = new Set<AbortController>()
    for (const service of options.services) server.addService(service.definition, implement(service, streams))
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(
        `${options.host}:${options.port}`,
        ServerCredentials.createInsecure(),
        (error, bound) => (error ? reject(error) : resolve(bound)),
      )
    })
    return {
      value: { port },
      stop: async deadline => {
        const closed = new Promise<void>(resolve => server.tryShutdown(() => resolve()))
        for (const stream of streams) stream.abort()
        deadline.addEventListener('abort', () => server.forceShutdown(), { once: true })
        // Idle HTTP/2 sessions of clients that saw GOAWAY but hold on would keep us here until the deadline.
        const patience = setTimeout(() => server.forceShutdown(), 2_000)
        await closed
        clearTimeout(patience)
      },
    }
  }
}

function answer(callback: sendUnaryData<unknown>, work: () => Promise<unknown>): void {
  work().then(
    response => callback(null, response),
    (error: unknown) =>
      callback({ ...statusOf(error), metadata: statusOf(error).metadata ?? new Metadata() }),
  )
}

function finish(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  work: () => Promise<unknown>,
): void {
  work().then(
    () => call.end(),
    (error: unknown) => call.emit('error', { metadata: new Metadata(), ...statusOf(error) }),
  )
}

function sender(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  signal: AbortSignal,
): Send<unknown> {
  return message =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new AppError('timeout', 'call-ended'))
      if (call.write(message)) return resolve()
      const settle = () => {
        call.off('drain', settle)
        signal.removeEventListener('abort', settle)
        if (signal.aborted) reject(new AppError('timeout', 'call-ended'))
        else resolve()
      }
      call.on('drain', settle)
      signal.addEventListener('abort', settle)
    })
}
