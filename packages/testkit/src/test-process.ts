import { Writable } from 'node:stream'
import {
  type Clock,
  createHealth,
  createScope,
  type Identifiers,
  type ServiceProcess,
  systemClock,
  systemIdentifiers,
} from '@walking-buddy/service-kit'
import { createLogger, createMetrics, type Logger } from '@walking-buddy/telemetry'

/** A ServiceProcess inside the test's own process, with what it logged. */
export interface TestProcess extends ServiceProcess {
  /** Everything logged so far, at level debug and above. */
  lines(): string[]
  /** What the service gave up on, if it did. */
  failure(): unknown
  /** Stops what was started. */
  stop(): Promise<void>
}

/** A logger at level debug whose lines can be read. */
export function capturedLog(service: string): { log: Logger; lines: () => string[] } {
  const chunks: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return {
    log: createLogger({ service, level: 'debug', destination }),
    lines: () => chunks.join('').split('\n').filter(Boolean),
  }
}

/** What `compose` of a service gets in component tests. */
export function testProcess(
  name: string,
  overrides: { clock?: Clock; identifiers?: Identifiers } = {},
): TestProcess {
  const { log, lines } = capturedLog(name)
  const scope = createScope(log)
  let failure: unknown
  return {
    name,
    scope,
    log,
    lines,
    metrics: createMetrics({ service: name }),
    health: createHealth(),
    clock: overrides.clock ?? systemClock,
    identifiers: overrides.identifiers ?? systemIdentifiers,
    fail: error => {
      failure ??= error
    },
    failure: () => failure,
    stop: () => scope.stop(10_000),
  }
}
