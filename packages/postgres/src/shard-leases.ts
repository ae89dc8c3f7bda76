import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import type { Postgres } from './postgres.ts'
import type { Tx } from './queryable.ts'

export interface ShardLeasesOptions {
  pg: Postgres
  /** What is divided, such as `publisher`. */
  resource: string
  /** How many; shards are 0 … shards − 1. The same number everywhere. With 1 it elects a leader. */
  shards: number
  /** Unique to the process instance. */
  holder: string
  /** A dead instance's shards pass on after this long. Renewed every third of it. */
  ttlMs: number
  log: Logger
  metrics?: Metrics
  clock?: Clock
}

export interface ShardLeases {
  /** Shards that this instance may act on right now, with their fences. Ask before each piece of work. */
  held(): ReadonlyMap<number, bigint>
  /**
   * Call it in each transaction that writes for a shard: refused when the shard has passed on.
   * @throws AppError unavailable `lease-lost`
   */
  assertHeld(tx: Tx, shard: number, fence: bigint): Promise<void>
}

/**
 * Divides shards evenly among the instances that live, each shard to one of them. An instance that joins gets its
 * part within two thirds of `ttlMs`; one that stops hands over at once; one that dies, after `ttlMs`.
 */
export function shardLeases(options: ShardLeasesOptions): Part<ShardLeases> {
  throw new Error(options.resource)
}
