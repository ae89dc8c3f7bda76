import {
  Client as Channel,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js'
import { AppError, isAppError, unavailable } from '@walking-buddy/errors'
import type { Clock, Part } from '@walking-buddy/service-kit'
import { carrierOfActiveSpan, inSpan, type Metrics } from '@walking-buddy/telemetry'
import { circuitBreaker } from './circuit-breaker.ts'
import type { Definition, Duplex, RequestOf, ResponseOf, Send } from './methods.ts'
import type { ServiceTokens } from './service-tokens.ts'
import { errorOf } from './status.ts'

interface Policy {
  idempotent: boolean
  deadlineMs: number | undefined
}

interface CallOptions {
  signal?: AbortSignal
  /** Shorter than the contract's deadline, where the caller has less time. */
  deadlineMs?: number
}

type Method<M> = M extends { requestStream: false; responseStream: false }
  ? (request: RequestOf<M>, options?: CallOptions) => Promise<ResponseOf<M>>
  : M extends { requestStream: false; responseStream: true }
    ? (request: RequestOf<M>, options: { signal: AbortSignal }) => AsyncIterable<ResponseOf<M>>
    : (options: { signal: AbortSignal }) => Duplex<RequestOf<M>, ResponseOf<M>>

/** A service as its callers see it. Every unary call has the contract's deadline; failures are AppErrors. */
export type Client<D extends Definition> = { [K in keyof D]: Method<D[K]> }

export interface GrpcClientConfig {
  /** `host:port`; a DNS name with several addresses is balanced round robin. */
  address: string
  /** Name of the called service: the audience of the token. */
  service: string
}

const maxAttempts = 5
const firstBackoffMs = 50

/**
 * A client of one service. Only UNAVAILABLE is repeated, only where the contract calls the method idempotent,
 * with full jitter and within the one deadline. A breaker refuses at once (`unavailable`) after repeated failures
 * and lets single calls through until one succeeds; what to do then is the caller's decision.
 */
export function grpcClient<D extends Definition>(
  definition: D,
  policies: Readonly<Record<keyof D, Policy>>,
  config: GrpcClientConfig,
  deps: { tokens: ServiceTokens; metrics: Metrics; clock: Clock; random?: () => number },
): Part<Client<D>> {
  const random = deps.random ?? Math.random
  const seconds = deps.metrics.histogram(
    'grpc_client_seconds',
    'Duration of calls by method and outcome, repeats included',
    ['method', 'outcome'],
  )
  const repeats = deps.metrics.counter('grpc_client_repeats_total', 'Calls sent again after UNAVAILABLE', [
    'method',
  ])

  return async () => {
    const channel = new Channel(config.address, credentials.createInsecure(), {
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.min_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.max_receive_message_length': 8 << 20,
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
    })
    const breaker = circuitBreaker({ clock: deps.clock, failures: 8, coolDownMs: 500 })
    const metadataNow = async (): Promise<Metadata> => {
      const metadata = new Metadata()
      metadata.set('authorization', `Bearer ${await deps.tokens.sign(config.service)}`)
      for (const [key, value] of Object.entries(carrierOfActiveSpan())) metadata.set(key, value)
      return metadata
    }

    const attempt = async (
      method: MethodDefinition<unknown, unknown>,
      request: unknown,
      deadlineAt: number,
      signal?: AbortSignal,
    ): Promise<unknown> => {
      const metadata = await metadataNow()
      return new Promise((resolve, reject) => {
        // A deadline of grpc-js is wall time; the one that counts here is monotonic.
        const deadline = Date.now() + (deadlineAt - deps.clock.monotonicMs())
        const call = channel.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          metadata,
          { deadline },
          (error, response) => {
            signal?.removeEventListener('abort', cancel)
            if (error) reject(errorOf(error))
            else resolve(response)
          },
        )
        const cancel = () => call.cancel()
        if (signal?.aborted) cancel()
        else signal?.addEventListener('abort', cancel, { once: true })
      })
    }

    const unary = async (
      name: string,
      method: MethodDefinition<unknown, unknown>,
      policy: Policy,
      request: unknown,
      options: CallOptions = {},
    ): Promise<unknown> => {
      const started = deps.clock.monotonicMs()
      const deadlineAt =
        started +
        Math.min(
          policy.deadlineMs ?? Number.POSITIVE_INFINITY,
          options.deadlineMs ?? Number.POSITIVE_INFINITY,
        )
      let outcome = 'ok'
      try {
        return await inSpan(name, { kind: 'client' }, async () => {
          for (let tries = 1; ; tries++) {
            if (!breaker.admits())
              throw unavailable('unavailable', `${config.service} does not answer.`, { retryAfterSeconds: 1 })
            try {
              const response = await attempt(method, request, deadlineAt, options.signal)
              breaker.succeeded()
              return response
            } catch (error) {
              const down = isAppError(error) && error.kind === 'unavailable'
              if (down) breaker.failed()
              else breaker.succeeded()
              const backoffMs = random() * firstBackoffMs * 2 ** tries
              if (
                !down ||
                !policy.idempotent ||
                tries >= maxAttempts ||
                options.signal?.aborted ||
                deps.clock.monotonicMs() + backoffMs >= deadlineAt
              )
                throw error
              repeats.inc({ method: name })
              await deps.clock.delay(backoffMs, options.signal)
            }
          }
        })
      } catch (error) {
        outcome = isAppError(error) ? error.kind : 'other'
        throw error
      } finally {
        seconds.observe({ method: name, outcome }, (deps.clock.monotonicMs() - started) / 1000)
      }
    }

    const client: Record<string, unknown> = {}
    for (const [key, method] of Object.entries(definition)) {
      const name = method.path.slice(1)
      client[key] =
        method.requestStream && method.responseStream
          ? (options: { signal: AbortSignal }) =>
              duplex(
                metadataNow,
                metadata =>
                  channel.makeBidiStreamRequest(
                    method.path,
                    method.requestSerialize,
                    method.responseDeserialize,
                    metadata,
                  ),
                options.signal,
              )
          : method.responseStream
            ? (request: unknown, options: { signal: AbortSignal }) =>
                iterate(async () => {
                  const call = channel.makeServerStreamRequest(
                    method.path,
                    method.requestSerialize,
                    method.responseDeserialize,
                    request,
                    await metadataNow(),
                  )
                  return { call, cancel: () => call.cancel() }
                }, options.signal)
            : (request: unknown, options?: CallOptions) =>
                unary(name, method, policies[key]!, request, options)
    }
    return { value: client as Client<D>, stop: async () => channel.close() }
  }
}

/** Reads a stream until it ends; leaving the loop early, or the signal, cancels the call. */
async function* iterate(
  open: () => Promise<{ call: AsyncIterable<unknown> & NodeJS.EventEmitter; cancel: () => void }>,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  const { call, cancel } = await open()
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    for await (const message of call) yield message
  } catch (error) {
    if (!signal.aborted) throw errorOf(error as ServiceError)
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
    // Cancelling makes the stream emit one more error, which nobody reads any more.
    call.on('error', () => {})
  }
}

function duplex(
  metadataNow: () => Promise<Metadata>,
  open: (metadata: Metadata) => ClientDuplexStream<unknown, unknown>,
  signal: AbortSignal,
): Duplex<unknown, unknown> {
  const opening = metadataNow().then(metadata => {
    const call = open(metadata)
    call.on('error', () => {})
    return call
  })
  let writing: Promise<unknown> = opening
  const send: Send<unknown> = message => {
    const next = writing.then(async () => {
      const call = await opening
      if (signal.aborted || call.destroyed || call.writableEnded)
        throw new AppError('unavailable', 'stream-ended')
      if (!call.write(message)) await drained(call)
    })
    writing = next.catch(() => {})
    return next
  }
  return {
    send,
    responses: iterate(async () => {
      const call = await opening
      return { call, cancel: () => call.cancel() }
    }, signal),
    end: () => void opening.then(call => call.end()),
  }
}

function drained(call: ClientDuplexStream<unknown, unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      for (const event of ['drain', 'close', 'error', 'end']) call.off(event, settle)
      if (call.destroyed || call.readableEnded) reject(new AppError('unavailable', 'stream-ended'))
      else resolve()
    }
    for (const event of ['drain', 'close', 'error', 'end']) call.on(event, settle)
  })
}
