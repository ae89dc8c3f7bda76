import type { Clock, Part } from '@walking-buddy/service-kit'
import { startEventLoop } from './event-loop.ts'
import type { Kafka } from './kafka.ts'
import type { Subscription } from './subscription.ts'

export interface ConsumerOptions {
  /** Instances with the same group share the partitions. */
  groupId: string
  topics: readonly Subscription[]
  /** Ends the process: the driver gave up for good (rule 17). Take `fail` of the service process. */
  fail: (error: unknown) => void
  /** Partitions handled at the same time; each of them in order. Default 4. */
  concurrency?: number
  clock?: Clock
  /** In [0, 1); for the jitter of retries. */
  random?: () => number
}

/**
 * Hands each event of the topics to its handler, at least once, in order per partition; commits offsets after
 * effects. A new group starts at the earliest record. It starts without a broker being there, and waits for one.
 */
export function consumer(kafka: Kafka, options: ConsumerOptions): Part<void> {
  return async () => {
    const { groupId, ...rest } = options
    const { stop } = startEventLoop(kafka, {
      ...rest,
      group: groupId,
      groupId: kafka.prefixed(groupId),
      commit: true,
    })
    return { value: undefined, stop }
  }
}
