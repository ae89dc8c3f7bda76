import type { Part } from '@walking-buddy/service-kit'
import type { ConsumerOptions } from './consumer.ts'
import { startEventLoop } from './event-loop.ts'
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
 * and starts over at `from` with each start; within a run it never skips, and goes back only to what it has not
 * handled.
 */
export function follower(kafka: Kafka, options: FollowerOptions): Part<Follower> {
  return async () => {
    const { groupId, instance, from, ...rest } = options
    const caughtUp = Promise.withResolvers<void>()
    /** By partition: the next offset to handle, and where the partition ended at the start. */
    const positions = new Map<string, { next: bigint; end: bigint }>()
    let behind = Number.POSITIVE_INFINITY

    const find = async (): Promise<void> => {
      if (behind !== Number.POSITIVE_INFINITY) return
      const topics = options.topics.map(({ topic }) => topic)
      for (const { topic, partition, low, high } of await offsetsOf(kafka, topics))
        positions.set(`${topic}/${partition}`, {
          next: startOf(from, topic, partition, low, high),
          end: high,
        })
      behind = [...positions.values()].filter(({ next, end }) => next < end).length
      if (behind === 0) caughtUp.resolve()
    }

    const { stop } = startEventLoop(kafka, {
      ...rest,
      group: groupId,
      groupId: kafka.prefixed(`${groupId}.${instance}`),
      commit: false,
      prepare: find,
      // Also after each rebalance and reconnection, as the broker knows nothing of where we are.
      assigned: (topic, partition) => positions.get(`${topic}/${partition}`)?.next,
      done: (topic, partition, offset) => {
        const id = `${topic}/${partition}`
        const position = positions.get(id) ?? { next: 0n, end: 0n }
        const wasBehind = position.next < position.end
        positions.set(id, { ...position, next: offset + 1n })
        if (wasBehind && offset + 1n >= position.end && --behind === 0) caughtUp.resolve()
      },
    })
    return { value: { caughtUp: caughtUp.promise }, stop }
  }
}

async function offsetsOf(kafka: Kafka, topics: readonly string[]) {
  const admin = kafka.client.admin()
  await admin.connect()
  try {
    const found = topics.map(async topic => {
      const offsets = await admin.fetchTopicOffsets(kafka.prefixed(topic))
      return offsets.map(({ partition, low, high }) => ({
        topic,
        partition,
        low: BigInt(low),
        high: BigInt(high),
      }))
    })
    return (await Promise.all(found)).flat()
  } finally {
    await admin.disconnect()
  }
}

function startOf(from: StartFrom, topic: string, partition: number, low: bigint, high: bigint): bigint {
  if (from === 'latest') return high
  const given = from === 'earliest' ? undefined : from.get(topic)?.get(partition)
  return given === undefined || given < low ? low : given > high ? high : given
}
