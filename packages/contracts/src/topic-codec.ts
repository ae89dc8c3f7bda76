/** How one Kafka topic is written and read; one is generated for each row of proto/topics.yaml. */
export interface TopicCodec<T> {
  topic: string
  /** Where events go that can never be handled: original bytes and the reason. */
  dlq: string
  /** Fully qualified name of the protobuf message, the event's `ce_type` suffix. */
  message: string
  /** Protobuf bytes. */
  encode(value: T): Uint8Array
  /** @throws where the bytes are no such message */
  decode(bytes: Uint8Array): T
  /** The aggregate's id: the partition key. */
  key(value: T): string
}

/** What a broker must know of a topic. */
export interface TopicSpec {
  name: string
  partitions: number
  config: Readonly<Record<string, string>>
}

/** Who may call one RPC, and how a client repeats it; one is generated for each row of proto/callers.yaml. */
export interface RpcPolicy {
  callers: readonly string[]
  /** A call that got UNAVAILABLE may be sent again. */
  idempotent: boolean
  /** Of one call with all its repeats; undefined for streams. */
  deadlineMs: number | undefined
}
