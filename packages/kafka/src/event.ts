import type { TopicCodec } from './topic-codec.ts'

/** An event to be sent, in CloudEvents terms; an outbox record is one. */
export interface EventRecord {
  /** Without the prefix of the environment. */
  topic: string
  /** The aggregate: events of one key keep their order. */
  key: string
  /** Encoded; null is a tombstone. */
  value: Uint8Array | null
  /** `ce_id`: UUID of version 7. */
  id: string
  /** `ce_type`, such as `walk.accepted`. */
  type: string
  /** `ce_time`: when it happened. */
  time: Date
  /** W3C trace context. */
  traceparent?: string | undefined
}

/** An event as its handler sees it. */
export interface ReceivedEvent<T> {
  /** Without the prefix of the environment. */
  topic: string
  partition: number
  offset: bigint
  key: string
  value: T
  /** `ce_id`: the same when it is delivered again; for the inbox. */
  id: string
  type: string
  /** When it happened, says the sender. */
  time: Date
  traceparent?: string | undefined
}

/** A value as a record of its topic. `type` defaults to the topic's name. */
export function eventRecord<T>(
  codec: TopicCodec<T>,
  value: T,
  about: { id: string; time: Date; type?: string },
): EventRecord {
  return {
    topic: codec.topic,
    key: codec.key(value),
    value: codec.encode(value),
    id: about.id,
    type: about.type ?? codec.topic,
    time: about.time,
  }
}

/** The record after which a compacted topic forgets `key`. */
export function tombstone(
  codec: Pick<TopicCodec<never>, 'topic'>,
  key: string,
  about: { id: string; time: Date; type?: string },
): EventRecord {
  return {
    topic: codec.topic,
    key,
    value: null,
    id: about.id,
    type: about.type ?? codec.topic,
    time: about.time,
  }
}
