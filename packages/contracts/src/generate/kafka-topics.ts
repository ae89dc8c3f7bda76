import { stringify } from 'yaml'
import { specsOf, type TopicRow } from './topics.ts'

/** Strimzi `KafkaTopic` resources for every topic and its DLQ. */
export function kafkaTopicManifests(rows: readonly TopicRow[]): string {
  const manifests = rows.flatMap(specsOf).map(spec =>
    stringify({
      apiVersion: 'kafka.strimzi.io/v1',
      kind: 'KafkaTopic',
      metadata: { name: spec.name.replaceAll('_', '-'), labels: { 'strimzi.io/cluster': 'walking-buddy' } },
      spec: {
        topicName: spec.name,
        partitions: spec.partitions,
        replicas: 3,
        config: { ...spec.config, 'min.insync.replicas': '2' },
      },
    }),
  )
  return `# Generated from proto/topics.yaml by \`pnpm contracts\`.\n---\n${manifests.join('---\n')}`
}
