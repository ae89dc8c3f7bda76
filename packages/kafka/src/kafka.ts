import type { Part } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import type { Kafka as Client } from 'kafkajs'

export interface KafkaConfig {
  /** host:port */
  brokers: readonly string[]
  /** Shown in the broker's logs and quotas: the service's name. */
  clientId: string
  /** Put before every topic and group: environments and test files share a cluster by it. Default: none. */
  topicPrefix?: string
  /** TLS: true for the system's authorities, or PEM texts (Strimzi gives a client certificate). */
  ssl?: boolean | { ca?: string; cert?: string; key?: string }
  sasl?: { mechanism: 'scram-sha-256' | 'scram-sha-512' | 'plain'; username: string; password: string }
}

export interface KafkaTools {
  log: Logger
  metrics: Metrics
}

/** The service's way to the cluster; give it to `producer`, `consumer`, `follower` and `ensureTopics`. */
export interface Kafka {
  /** The driver underneath, for what this package does not do. */
  readonly client: Client
  /** A topic's or group's name in the cluster. */
  prefixed(name: string): string
  /** Rejects while no broker answers; for `health.require`. */
  ready(): Promise<void>
  readonly log: Logger
  readonly metrics: Metrics
}

/** It starts without a broker being there (readiness says so). */
export function kafka(config: KafkaConfig, tools: KafkaTools): Part<Kafka> {
  throw new Error(`${config.clientId} ${typeof tools}`)
}
