import type { Part } from '@walking-buddy/service-kit'
import type { ConsumerOptions } from './consumer.ts'
import type { Kafka } from './kafka.ts'

/** Where to start: at what is kept, at what comes, or at given offsets by topic and partition (else the earliest). */
export type StartFrom = 'earliest' | 'latest' | ReadonlyMap<string, ReadonlyMap<number, bigint>>

export interface FollowerOptions extends ConsumerOptions {
  /** Unique to the process instance; the group is `groupId` and this. */
  instance: string
  from: StartFrom
}

export interface Follower {
  /** Resolves when everything that was on the topics at the start has been handled. */
  caughtUp: Promise<void>
}

/**
 * A consumer that sees every partition, whatever other instances do: for read models in memory. It commits nothing
 * and starts over at `from` with each start; within a run it never goes back or skips.
 */
export function follower(kafka: Kafka, options: FollowerOptions): Part<Follower> {
  throw new Error(`${typeof kafka} ${options.groupId}`)
}
