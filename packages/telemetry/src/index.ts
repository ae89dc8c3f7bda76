export { createLogger, type Logger, silentLogger } from './logger.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { carrierOfActiveSpan, inSpan, type SpanKindName, startTracing, type TraceCarrier } from './tracing.ts'
