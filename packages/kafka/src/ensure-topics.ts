import type { Kafka } from './kafka.ts'

export interface TopicSpec {
  /** Without the prefix of the environment. */
  name: string
  partitions: number
  /** Topic configuration by Kafka's names, such as `cleanup.policy`. */
  config: Readonly<Record<string, string>>
}

/** Creates what is missing and brings what is there to the spec (partitions only grow): for local starts and tests. */
export async function ensureTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> {
  throw new Error(`${typeof kafka} ${specs.length}`)
}
