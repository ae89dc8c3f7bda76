import { inSpan } from '@walking-buddy/telemetry'
import type { KafkaMessage } from 'kafkajs'
import { createDeadLetters } from './dead-letters.ts'
import { receivedEvent } from './event.ts'
import type { Kafka } from './kafka.ts'
import type { Subscription } from './subscription.ts'
import { verdictOf } from './verdict.ts'

/** What became of one delivery: done with, one way or another, or to be made again after a rest. */
export type Result =
  | { done: true }
  | { done: false; error: unknown /** In a row, for this partition. */; failures: number }

/** How often an event is tried whose failure nobody has named. */
const unsureAttempts = 3

/** Brings events to their handlers, and to the DLQ those that can never be handled. */
export function createDelivery(kafka: Kafka, group: string, topics: readonly Subscription[]) {
  const log = kafka.log.child({ group })
  const deadLetters = createDeadLetters(kafka, group)
  const subscriptions = new Map(topics.map(subscription => [subscription.topic, subscription]))
  /** What the event that a partition stands at has been through. */
  const struggles = new Map<string, { failures: number; unsure: number }>()
  const counter = kafka.metrics.counter('kafka_events_total', 'Deliveries by what became of them.', [
    'topic',
    'group',
    'outcome',
  ])
  const seconds = kafka.metrics.histogram('kafka_handle_seconds', 'One delivery to its handler.', [
    'topic',
    'group',
  ])

  const attempt = async (
    subscription: Subscription,
    partition: number,
    message: KafkaMessage,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const event = receivedEvent(subscription.topic, partition, message)
    return inSpan(
      `consume ${subscription.topic}`,
      {
        kind: 'consumer',
        parent: { traceparent: event.traceparent },
        attributes: { partition, offset: message.offset },
      },
      () => subscription.handle(event, signal),
    )
  }

  return {
    async deliver(
      topic: string,
      partition: number,
      message: KafkaMessage,
      signal: AbortSignal,
    ): Promise<Result> {
      const subscription = subscriptions.get(topic)!
      const id = `${topic}/${partition}`
      const struggle = struggles.get(id) ?? { failures: 0, unsure: 0 }
      const timer = seconds.startTimer({ topic, group })
      const finished = (outcome: 'handled' | 'duplicate' | 'dead'): Result => {
        struggles.delete(id)
        counter.inc({ topic, group, outcome })
        return { done: true }
      }
      const again = (error: unknown): Result => {
        struggle.failures++
        struggles.set(id, struggle)
        counter.inc({ topic, group, outcome: 'waits' })
        return { done: false, error, failures: struggle.failures }
      }
      try {
        const value = await attempt(subscription, partition, message, signal)
        return finished(value === 'duplicate' ? 'duplicate' : 'handled')
      } catch (error) {
        const verdict = signal.aborted ? 'wait' : verdictOf(error)
        if (verdict === 'wait') return again(error)
        if (verdict === 'unsure' && ++struggle.unsure < unsureAttempts) return again(error)
        try {
          await deadLetters.bury(subscription.dlq, topic, partition, message, error)
          log.error({ err: error, topic, partition, offset: message.offset }, 'event sent to the DLQ')
          return finished('dead')
        } catch (unburied) {
          return again(unburied)
        }
      } finally {
        timer()
      }
    },
    /** Partitions were divided anew. */
    forget: () => struggles.clear(),
    close: () => deadLetters.close(),
  }
}
