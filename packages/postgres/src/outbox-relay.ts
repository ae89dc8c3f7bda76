import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import type { OutboxRecord } from './outbox.ts'

export interface OutboxRelayOptions {
  /** The service's database. The relay keeps one connection of its own: not through a transaction pooler. */
  url: string
  applicationName: string
  /**
   * Sends in the order given, resolves when all are acknowledged. It is called again with the same records after
   * a failure, for as long as it takes.
   */
  publish: (records: OutboxRecord[]) => Promise<void>
  log: Logger
  metrics: Metrics
  clock?: Clock
  /** In [0, 1); for the jitter of retries. */
  random?: () => number
  /** Records a publish call at most. Default 500. */
  batchSize?: number
}

export interface OutboxRelay {
  /** Whether this instance is the one that publishes. */
  isOwner(): boolean
}

/**
 * Publishes the outbox of one database. Of all instances one owns it at a time (a session advisory lock); it takes
 * what one snapshot shows in order of id, publishes, and deletes exactly that. It remembers no position, so no row
 * that commits late is missed; after a crash between publishing and deleting it repeats, which consumers absorb.
 */
export function outboxRelay(options: OutboxRelayOptions): Part<OutboxRelay> {
  throw new Error(options.applicationName)
}
