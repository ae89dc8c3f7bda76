import type { Metrics } from '@walking-buddy/telemetry'

/** How far this instance is behind, by topic: what the broker had at the last fetch, less what has been handled. */
export function measureLag(metrics: Metrics, group: string) {
  const gauge = metrics.gauge(
    'kafka_consumer_lag',
    'Records of this instance’s partitions not yet handled.',
    ['topic', 'group'],
  )
  const topics = new Map<string, Map<number, number>>()

  return {
    /** @param end the offset after the last record of the partition @param next the first not yet handled */
    set(topic: string, partition: number, end: bigint, next: bigint): void {
      const partitions = topics.get(topic) ?? new Map<number, number>()
      topics.set(topic, partitions.set(partition, Math.max(0, Number(end - next))))
      gauge.set(
        { topic, group },
        [...partitions.values()].reduce((sum, lag) => sum + lag, 0),
      )
    },
    /** Partitions were divided anew: those that went to others are not ours to report. */
    reset(): void {
      for (const topic of topics.keys()) gauge.set({ topic, group }, 0)
      topics.clear()
    },
  }
}
