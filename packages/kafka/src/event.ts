import type { KafkaMessage, Message } from 'kafkajs'
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

interface About {
  id: string
  time: Date
  /** Default: the topic's name. */
  type?: string
}

/** A value as a record of its topic. */
export const eventRecord = <T>(codec: TopicCodec<T>, value: T, about: About): EventRecord => ({
  topic: codec.topic,
  key: codec.key(value),
  value: codec.encode(value),
  type: codec.topic,
  ...about,
})

/** The record after which a compacted topic forgets `key`. */
export const tombstone = (codec: { readonly topic: string }, key: string, about: About): EventRecord => ({
  topic: codec.topic,
  key,
  value: null,
  type: codec.topic,
  ...about,
})

/** CloudEvents 1.0, Kafka protocol binding, binary content mode. */
export const messageOf = (record: EventRecord, source: string): Message => ({
  key: record.key,
  value: record.value && Buffer.from(record.value.buffer, record.value.byteOffset, record.value.byteLength),
  headers: {
    'content-type': 'application/protobuf',
    ce_specversion: '1.0',
    ce_id: record.id,
    ce_type: record.type,
    ce_source: source,
    ce_subject: record.key,
    ce_time: record.time.toISOString(),
    ...(record.traceparent === undefined ? {} : { traceparent: record.traceparent }),
  },
})

/** @throws MalformedEvent when it does not say what every event has to say */
export function receivedEvent(
  topic: string,
  partition: number,
  message: KafkaMessage,
): ReceivedEvent<Uint8Array | null> {
  const header = (name: string): string | undefined => message.headers?.[name]?.toString()
  const required = (name: string): string => {
    const value = header(name)
    if (!value) throw new MalformedEvent(`header ${name} is missing`)
    return value
  }
  if (message.key === null) throw new MalformedEvent('key is missing')
  const time = new Date(required('ce_time'))
  if (Number.isNaN(time.getTime())) throw new MalformedEvent('header ce_time is not a time')
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key.toString(),
    value: message.value,
    id: required('ce_id'),
    type: required('ce_type'),
    time,
    traceparent: header('traceparent'),
  }
}

/** An event that nobody can read, however often it comes. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent'
}
