/** What is on a topic, and how it is written. Generated from `proto/topics.yaml` by the contracts package. */
export interface TopicCodec<T> {
  /** Without the prefix of the environment. */
  readonly topic: string
  /** Where records go that can never be handled. */
  readonly dlq: string
  encode(value: T): Uint8Array
  /** @throws when the bytes are not a T */
  decode(bytes: Uint8Array): T
  /** The aggregate that the value tells of. */
  key(value: T): string
}
