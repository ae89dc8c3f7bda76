import { ConfigResourceTypes } from 'kafkajs'
import { expect, test } from 'vitest'
import { ensureTopics } from '../../src/index.ts'
import { testCluster } from '../support.ts'

test('topics are created as specified by any number of starters, and brought to a changed specification', async () => {
  const { cluster, admin } = await testCluster(1)
  const name = 'walks'
  const topic = cluster.prefixed(name)
  const look = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configNames: ['cleanup.policy', 'max.compaction.lag.ms'],
        },
      ],
    })
    const config = Object.fromEntries(
      resources[0]!.configEntries.map(entry => [entry.configName, entry.configValue]),
    )
    return { partitions: topics[0]!.partitions.length, ...config }
  }
  const compacted = { 'cleanup.policy': 'compact', 'max.compaction.lag.ms': '43200000' }
  await Promise.all([1, 2, 3].map(() => ensureTopics(cluster, [{ name, partitions: 2, config: compacted }])))
  await expect.poll(look).toEqual({ partitions: 2, ...compacted })

  await ensureTopics(cluster, [{ name, partitions: 4, config: { 'cleanup.policy': 'delete' } }])
  await expect.poll(look).toMatchObject({ partitions: 4, 'cleanup.policy': 'delete' })

  await ensureTopics(cluster, [{ name, partitions: 3, config: { 'cleanup.policy': 'delete' } }])
  expect(await look()).toMatchObject({ partitions: 4 })
  await admin.deleteTopics({ topics: [topic] })
})
