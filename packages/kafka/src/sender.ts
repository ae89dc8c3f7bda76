import { unavailable } from '@walking-buddy/errors'
import { Partitioners, type Producer, type TopicMessages } from 'kafkajs'
import type { Kafka } from './kafka.ts'

/** An idempotent driver connection that is made when first needed, and made anew after a failure. */
export interface Sender {
  /**
   * Resolves when all in-sync replicas have the messages. One call at a time.
   * @throws AppError unavailable; some of the messages may be there
   */
  send(messages: TopicMessages[]): Promise<void>
  close(): Promise<void>
}

export function createSender(kafka: Kafka): Sender {
  let connection: Promise<Producer> | undefined

  const connect = async (): Promise<Producer> => {
    const producer = kafka.client.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      // The driver would retry for ever and tell nobody; callers do, and say so.
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 4 },
    })
    await producer.connect()
    return producer
  }

  const close = async (): Promise<void> => {
    const closing = connection
    connection = undefined
    await closing
      ?.then(producer => producer.disconnect())
      .catch(() => {
        // It never connected.
      })
  }

  return {
    async send(topicMessages) {
      connection ??= connect()
      try {
        await (await connection).sendBatch({ acks: -1, timeout: 10_000, topicMessages })
      } catch (error) {
        // The driver takes back the sequence numbers of a batch that failed. If that batch was written all the
        // same (its acknowledgement was lost), the broker would take the next one with these numbers for a repeat
        // and drop it while saying that all is well. A new producer id starts clean.
        await close()
        throw unavailable('kafka-unavailable', undefined, { cause: error })
      }
    },
    close,
  }
}
