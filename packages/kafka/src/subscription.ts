import type { ReceivedEvent } from './event.ts'
import type { TopicCodec } from './topic-codec.ts'

/** `duplicate`: the inbox knew it; counted apart. */
export type Handled = undefined | 'duplicate'

/**
 * Applies one event. Returning means that its effect is durable: the offset may be committed.
 * Throwing AppError `unavailable`, `timeout` or `exhausted` (or a network error) means that something it needs is
 * down: the partition waits and the same event comes again. Any other AppError means that it can never be handled:
 * to the DLQ. Whatever else is thrown is tried a few times, then goes to the DLQ.
 *
 * `signal` aborts when the partition is about to be taken away, or when the service has to stop.
 */
export type Handler<T> = (event: ReceivedEvent<T>, signal: AbortSignal) => Promise<Handled>

/** A topic with its handler; made by `on`. */
export interface Subscription {
  readonly topic: string
  readonly dlq: string
  /** Decodes and handles. */
  handle(event: ReceivedEvent<Uint8Array | null>, signal: AbortSignal): Promise<Handled>
}

/**
 * Handles the events of one topic, typed by its codec.
 * @param erased for compacted topics: a tombstone came for `event.key`. Without it a tombstone goes to the DLQ.
 */
export function on<T>(codec: TopicCodec<T>, handler: Handler<T>, erased?: Handler<null>): Subscription {
  throw new Error(`${codec.topic} ${typeof handler} ${typeof erased}`)
}
