import { type Clock, systemClock } from '@walking-buddy/service-kit'
import type { EachBatchPayload } from 'kafkajs'
import { createDelivery } from './delivery.ts'
import type { Kafka } from './kafka.ts'
import { measureLag } from './lag.ts'
import type { Subscription } from './subscription.ts'

export interface EventLoopOptions {
  /** Names the consumer in metrics and dead letters; the same for all instances. */
  group: string
  /** The group in the cluster. */
  groupId: string
  topics: readonly Subscription[]
  /** Ends the process: the driver gave up for good. */
  fail: (error: unknown) => void
  /** Partitions handled at the same time; each of them in order. */
  concurrency?: number | undefined
  clock?: Clock | undefined
  random?: (() => number) | undefined
  commit: boolean
  /** Called before each attempt to start; when it fails, that is one more attempt. */
  prepare?: () => Promise<void>
  /** A partition was assigned; what it returns is the offset to go on at, undefined: that of the group. */
  assigned?: (topic: string, partition: number) => bigint | undefined
  /** An event is done with: its effect is there, or the DLQ has it. */
  done?: (topic: string, partition: number, offset: bigint) => void
}

const sessionTimeoutMs = 6_000
const rebalanceTimeoutMs = 10_000
const heartbeatMs = 1_500
/** How long the broker may hold a fetch back for want of records: also the rhythm of heartbeats when idle. */
const fetchWaitMs = 1_000
/** A batch is left after this long, so that partitions that came with the same fetch get their turn. */
const sliceMs = 1_000

/** One loop owns a consumer: what is handled, what rests, what is committed. */
export function startEventLoop(
  kafka: Kafka,
  options: EventLoopOptions,
): { stop(deadline: AbortSignal): Promise<void> } {
  const { group, groupId, topics, fail, commit } = options
  const { concurrency = 4, clock = systemClock, random = Math.random } = options
  const log = kafka.log.child({ group })
  const lag = measureLag(kafka.metrics, group)
  const delivery = createDelivery(kafka, group, topics)
  const stopping = new AbortController()
  const ending = new AbortController()
  const backoffMs = (failures: number, mostMs: number): number =>
    Math.min(mostMs, 100 * 2 ** failures) * (0.5 + random() / 2)

  const consumer = kafka.client.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: fetchWaitMs,
    maxBytesPerPartition: 256 * 1024,
    allowAutoTopicCreation: false,
  })

  const handleBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, heartbeat, resolveOffset, isRunning, isStale, pause } = payload
    const topic = kafka.plain(batch.topic)
    const { partition } = batch
    const end = BigInt(batch.highWatermark)
    const leaveAtMs = clock.monotonicMs() + sliceMs
    const taken = new AbortController()
    const signal = AbortSignal.any([taken.signal, ending.signal])
    const beating = setInterval(() => {
      heartbeat().catch(error => taken.abort(error))
    }, heartbeatMs)

    try {
      for (const message of batch.messages) {
        if (!isRunning() || isStale() || signal.aborted || clock.monotonicMs() > leaveAtMs) break
        const offset = BigInt(message.offset)
        const result = await delivery.deliver(topic, partition, message, signal)
        if (!result.done) {
          lag.set(topic, partition, end, offset)
          const delayMs = Math.round(backoffMs(result.failures, 30_000))
          log.warn(
            { err: result.error, topic, partition, offset: message.offset, delayMs },
            'partition waits',
          )
          // It takes up the same event when it resumes; the other partitions go on meanwhile.
          void clock.delay(delayMs, stopping.signal).then(pause())
          break
        }
        resolveOffset(message.offset)
        options.done?.(topic, partition, offset)
        lag.set(topic, partition, end, offset + 1n)
      }
    } finally {
      clearInterval(beating)
    }
    if (commit) await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets())
    // The driver joins the group anew when it sees why the heartbeat failed.
    taken.signal.throwIfAborted()
  }

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    lag.reset()
    delivery.forget()
    for (const [topic, partitions] of Object.entries(payload.memberAssignment))
      for (const partition of partitions) {
        const offset = options.assigned?.(kafka.plain(topic), partition)
        if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) })
      }
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (restart) log.warn({ err: error }, 'consumer restarts')
    else if (!stopping.signal.aborted) fail(new Error(`consumer ${group} cannot go on`, { cause: error }))
  })

  const start = async (): Promise<void> => {
    // Fails at once where the driver would try for a while, deaf to a stop.
    await kafka.ready()
    await options.prepare?.()
    await consumer.connect()
    await consumer.subscribe({
      topics: topics.map(({ topic }) => kafka.prefixed(topic)),
      fromBeginning: true,
    })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrency,
      eachBatch: handleBatch,
    })
  }

  const startForSure = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        return await start()
      } catch (error) {
        log.warn({ err: error }, 'consumer waits for the cluster')
        await clock.delay(backoffMs(failures, 10_000), stopping.signal)
      }
    }
  }
  const started = startForSure()

  return {
    async stop(deadline) {
      stopping.abort()
      deadline.addEventListener('abort', () => ending.abort())
      await started
      await consumer.disconnect()
      await delivery.close()
    },
  }
}
