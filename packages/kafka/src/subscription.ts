import { MalformedEvent, type ReceivedEvent } from './event.ts'
import type { TopicCodec } from './topic-codec.ts'

/**
 * Applies one event. Returning means that its effect is durable: the offset may be committed. Returning
 * `'duplicate'` (the inbox knew it) counts apart.
 *
 * Throwing AppError `unavailable`, `timeout` or `exhausted`, or a network error, means that something it needs is
 * down: the partition waits and the same event comes again. Any other AppError but `other` and `conflict` means
 * that the event can never be handled: to the DLQ. Whatever else is thrown is tried again a few times first.
 *
 * `signal` aborts when the partition is being taken away or the service has to end now.
 */
export type Handler<T> = (event: ReceivedEvent<T>, signal: AbortSignal) => Promise<unknown>

/** A topic with its handler; made by `on`. */
export interface Subscription {
  readonly topic: string
  readonly dlq: string
  /**
   * Decodes and handles.
   * @throws MalformedEvent when the value is not of the topic; what the handler throws
   */
  handle(event: ReceivedEvent<Uint8Array | null>, signal: AbortSignal): Promise<unknown>
}

/**
 * Handles the events of one topic, typed by its codec.
 * @param erased for compacted topics: a tombstone came for `event.key`. Without it tombstones go to the DLQ.
 */
export function on<T>(codec: TopicCodec<T>, handler: Handler<T>, erased?: Handler<null>): Subscription {
  return {
    topic: codec.topic,
    dlq: codec.dlq,
    async handle(event, signal) {
      if (event.value !== null) return handler({ ...event, value: decode(codec, event.value) }, signal)
      if (!erased) throw new MalformedEvent('a tombstone on a topic that has none')
      return erased({ ...event, value: null }, signal)
    },
  }
}

function decode<T>(codec: TopicCodec<T>, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes)
  } catch (error) {
    throw new MalformedEvent(`value is not of ${codec.topic}`, { cause: error })
  }
}
