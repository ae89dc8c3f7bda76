import { systemClock } from '@walking-buddy/service-kit'
import kafkajs, { type Admin } from 'kafkajs'
import type { Kafka } from './kafka.ts'

// Not among the names that Node finds in the driver's CommonJS.
const { ConfigResourceTypes } = kafkajs

export interface TopicSpec {
  /** Without the prefix of the environment. */
  name: string
  partitions: number
  /** Topic configuration by Kafka's names, such as `cleanup.policy`. */
  config: Readonly<Record<string, string>>
}

/**
 * Creates what is missing and brings what is there to the spec (partitions only grow): for local starts and tests.
 * In Kubernetes the KafkaTopic resources do it. Safe when raced.
 */
export async function ensureTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return
  const admin = kafka.client.admin()
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    const isThere = ({ name }: TopicSpec): boolean => existing.has(kafka.prefixed(name))
    await create(
      admin,
      kafka,
      specs.filter(spec => !isThere(spec)),
    )
    const partitions = await partitionsOf(
      admin,
      specs.map(({ name }) => kafka.prefixed(name)),
    )
    await grow(admin, kafka, specs, partitions)
    await configure(admin, kafka, specs.filter(isThere))
  } finally {
    await admin.disconnect()
  }
}

const configEntries = (config: TopicSpec['config']) =>
  Object.entries(config).map(([name, value]) => ({ name, value }))

async function create(admin: Admin, kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return
  await admin.createTopics({
    // The driver's own waiting fails when a broker has not heard of the new topic yet.
    waitForLeaders: false,
    topics: specs.map(({ name, partitions, config }) => ({
      topic: kafka.prefixed(name),
      numPartitions: partitions,
      replicationFactor: -1,
      configEntries: configEntries(config),
    })),
  })
}

/** How many partitions each topic has, once all of them can be written to. */
async function partitionsOf(admin: Admin, topics: string[]): Promise<ReadonlyMap<string, number>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { topics: found } = await admin.fetchTopicMetadata({ topics })
      const led = found.every(
        ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
      )
      if (led && found.length === topics.length)
        return new Map(found.map(({ name, partitions }) => [name, partitions.length]))
    } catch (error) {
      if (attempt === 100) throw error
    }
    if (attempt === 100) throw new Error(`topics without a leader: ${topics.join(', ')}`)
    await systemClock.delay(100)
  }
}

async function grow(
  admin: Admin,
  kafka: Kafka,
  specs: readonly TopicSpec[],
  partitions: ReadonlyMap<string, number>,
): Promise<void> {
  const topicPartitions = specs
    .map(({ name, partitions }) => ({ topic: kafka.prefixed(name), count: partitions }))
    .filter(({ topic, count }) => partitions.get(topic)! < count)
  if (topicPartitions.length > 0) await admin.createPartitions({ topicPartitions })
}

async function configure(admin: Admin, kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return
  await admin.alterConfigs({
    validateOnly: false,
    resources: specs.map(({ name, config }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: kafka.prefixed(name),
      configEntries: configEntries(config),
    })),
  })
}
