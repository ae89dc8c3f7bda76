import { trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

/** Names that never reach a log, wherever in a logged object they stand (one level of nesting). */
const redacted = [
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'safetyToken',
  'authorization',
  'cookie',
  'email',
  'lat',
  'lng',
  'message',
  'meetingPoint',
]

/**
 * JSON lines with the trace that they belong to. Personal fields are cut out as a second line of defence:
 * code does not log them to begin with.
 */
export function createLogger(options: {
  service: string
  level: string
  destination?: DestinationStream
}): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: { paths: redacted.flatMap(name => [name, `*.${name}`]), censor: '[redacted]' },
      serializers: { err: withoutInput },
      mixin: () => {
        const span = trace.getActiveSpan()?.spanContext()
        return span ? { traceId: span.traceId, spanId: span.spanId } : {}
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: false }),
  )
}

/** A logger for tests of parts that want one. */
export const silentLogger = (): Logger => pino({ level: 'silent' })

/** Database drivers put the offending row into `detail` and `where`: kept out, as rows hold personal data. */
function withoutInput(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, kind } = error as Error & { code?: unknown; kind?: unknown }
  return {
    type: error.name,
    reason: error.message,
    ...(code === undefined ? {} : { code }),
    ...(kind === undefined ? {} : { kind }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: withoutInput(error.cause) }),
  }
}
