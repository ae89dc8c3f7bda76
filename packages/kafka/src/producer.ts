import type { Part } from '@walking-buddy/service-kit'
import type { TopicMessages } from 'kafkajs'
import { type EventRecord, messageOf } from './event.ts'
import type { Kafka } from './kafka.ts'
import { createSender } from './sender.ts'

export interface ProducerOptions {
  /** `ce_source`: a URI reference of the service, such as `/walk`. */
  source: string
}

export interface Producer {
  /**
   * Sends in the order given; resolves when every record is acknowledged by all in-sync replicas. Calls that come
   * while another is on its way are sent together, as the driver itself does not gather.
   * @throws AppError unavailable when the cluster did not acknowledge (some of the records may be there), or when
   * an earlier call that this one waited for was not
   */
  publish(records: readonly EventRecord[]): Promise<void>
}

/** Below the 1 MiB that brokers take for one partition, as all records of a request may go to the same. */
const requestBytes = 768 * 1024

interface Call {
  records: readonly EventRecord[]
  resolve: () => void
  reject: (error: unknown) => void
}

/** An idempotent producer (acks=all) of CloudEvents in binary mode with protobuf values. Connects when first used. */
export function producer(kafka: Kafka, { source }: ProducerOptions): Part<Producer> {
  return async () => {
    const sender = createSender(kafka)
    const seconds = kafka.metrics.histogram('kafka_produce_seconds', 'From sending to acknowledgement.', [])
    const produced = kafka.metrics.counter('kafka_produced_total', 'Records acknowledged.', ['topic'])
    let waiting: Call[] = []
    let draining: Promise<void> | undefined

    const send = async (records: readonly EventRecord[]): Promise<void> => {
      for (const request of requestsOf(records)) {
        const done = seconds.startTimer()
        await sender.send(byTopic(request))
        done()
        for (const record of request) produced.inc({ topic: record.topic })
      }
    }

    const byTopic = (records: readonly EventRecord[]): TopicMessages[] =>
      Object.entries(Object.groupBy(records, record => record.topic)).map(([topic, ofTopic]) => ({
        topic: kafka.prefixed(topic),
        messages: ofTopic!.map(record => messageOf(record, source)),
      }))

    const drain = async (): Promise<void> => {
      while (waiting.length > 0) {
        const calls = waiting
        waiting = []
        try {
          await send(calls.flatMap(call => call.records))
          for (const call of calls) call.resolve()
        } catch (error) {
          // Those that came after must not overtake what will be tried again.
          for (const call of [...calls, ...waiting.splice(0)]) call.reject(error)
        }
      }
      draining = undefined
    }

    return {
      value: {
        publish: records =>
          new Promise((resolve, reject) => {
            waiting.push({ records, resolve, reject })
            draining ??= drain()
          }),
      },
      stop: async () => {
        await draining
        await sender.close()
      },
    }
  }
}

function* requestsOf(records: readonly EventRecord[]): Generator<EventRecord[]> {
  let request: EventRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = (record.value?.byteLength ?? 0) + record.key.length + 400
    if (request.length > 0 && bytes + size > requestBytes) {
      yield request
      request = []
      bytes = 0
    }
    request.push(record)
    bytes += size
  }
  if (request.length > 0) yield request
}
