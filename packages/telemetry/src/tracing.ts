import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'

/** W3C trace context as it travels: HTTP and Kafka headers, gRPC metadata, an outbox column. */
export type TraceCarrier = Record<string, string>

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}
export type SpanKindName = keyof typeof kinds

const tracer = trace.getTracer('walking-buddy')

/** The carrier of the running span: empty where nothing is traced. */
export function carrierOfActiveSpan(): TraceCarrier {
  const carrier: TraceCarrier = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

/**
 * Runs `work` in a span, a child of `parent` where one is given, else of the running span.
 * Attributes hold operation ids and outcomes: never positions, texts, addresses or tokens.
 */
export function inSpan<T>(
  name: string,
  options: { kind: SpanKindName; parent?: Readonly<Record<string, unknown>>; attributes?: Attributes },
  work: () => Promise<T>,
): Promise<T> {
  const parent = options.parent ? propagation.extract(context.active(), options.parent) : context.active()
  const span = tracer.startSpan(
    name,
    { kind: kinds[options.kind], ...(options.attributes ? { attributes: options.attributes } : {}) },
    parent,
  )
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await work()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
      throw error
    } finally {
      span.end()
    }
  })
}

/**
 * A part that exports spans by OTLP/HTTP. Without an endpoint it costs nothing: the SDK is not even loaded.
 */
export function startTracing(options: { service: string; endpoint: string | undefined }) {
  return async (): Promise<{ value: undefined; stop?: () => Promise<void> }> => {
    if (options.endpoint === undefined) return { value: undefined }
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    const sdk = new NodeSDK({ serviceName: options.service, instrumentations: [] })
    sdk.start()
    return { value: undefined, stop: () => sdk.shutdown() }
  }
}
