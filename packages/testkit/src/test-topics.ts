import { randomBytes } from 'node:crypto'
import type { TopicSpec } from '@walking-buddy/contracts/topics'
import { Kafka, logLevel } from 'kafkajs'
import { engineUrls } from './engine-urls.ts'
import { until } from './until.ts'

/** A name that no other test run has: `walk_3f9a…`. */
export const randomName = (prefix: string): string => `${prefix}_${randomBytes(6).toString('hex')}`

/** Creates all given topics under a prefix of their own; `drop` deletes them. */
export async function testTopics(
  specs: readonly TopicSpec[],
): Promise<{ brokers: string[]; prefix: string; drop: () => Promise<void> }> {
  const prefix = `${randomName('t')}.`
  const brokers = engineUrls.kafka
  const admin = new Kafka({ brokers, clientId: 'testkit', logLevel: logLevel.NOTHING }).admin()
  const names = specs.map(spec => prefix + spec.name)
  await admin.connect()
  await admin.createTopics({
    // Waiting here fails where the broker's answer comes before its own news of the topic has spread.
    waitForLeaders: false,
    topics: specs.map(spec => ({
      topic: prefix + spec.name,
      numPartitions: spec.partitions,
      replicationFactor: 1,
      configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
    })),
  })
  await until(async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: names })
    return topics.every(topic => topic.partitions.every(partition => partition.leader >= 0))
  })
  return {
    brokers,
    prefix,
    drop: async () => {
      await admin.deleteTopics({ topics: names })
      await admin.disconnect()
    },
  }
}
