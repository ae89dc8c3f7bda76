import { isAppError } from '@walking-buddy/errors'
import type { KafkaMessage } from 'kafkajs'
import type { Kafka } from './kafka.ts'
import { createSender } from './sender.ts'

/** Where events go that can never be handled, with their original bytes and the reason. */
export function createDeadLetters(kafka: Kafka, group: string) {
  const sender = createSender(kafka)
  // The sender takes one call at a time, partitions are handled side by side.
  let turn: Promise<unknown> = Promise.resolve()

  return {
    /**
     * Resolves when the DLQ has it; only then may its offset be committed.
     * @throws AppError unavailable
     */
    bury(
      dlq: string,
      topic: string,
      partition: number,
      message: KafkaMessage,
      error: unknown,
    ): Promise<void> {
      const letter = {
        key: message.key,
        value: message.value,
        headers: {
          ...message.headers,
          dlq_reason: isAppError(error) ? error.code : error instanceof Error ? error.name : 'thrown',
          dlq_detail: (error instanceof Error ? error.message : String(error)).slice(0, 500),
          dlq_topic: topic,
          dlq_partition: String(partition),
          dlq_offset: message.offset,
          dlq_group: group,
        },
      }
      const sent = turn.then(() => sender.send([{ topic: kafka.prefixed(dlq), messages: [letter] }]))
      turn = sent.catch(() => {
        // Told to the caller of this one; the next one has its own attempt.
      })
      return sent
    },
    close: () => sender.close(),
  }
}
