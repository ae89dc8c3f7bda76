import { unavailable } from '@walking-buddy/errors'
import type { Part } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import {
  type Admin,
  Kafka as Client,
  type KafkaConfig as ClientConfig,
  type ISocketFactory,
  logLevel,
} from 'kafkajs'
import { driverLog } from './driver-log.ts'

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
  /** The network, where it is not the ordinary one. */
  socketFactory?: ISocketFactory
}

/** The service's way to the cluster; give it to `producer`, `consumer`, `follower` and `ensureTopics`. */
export interface Kafka {
  /** The driver underneath, for what this package does not do. */
  readonly client: Client
  readonly log: Logger
  readonly metrics: Metrics
  /** A topic's or group's name in the cluster. */
  prefixed(name: string): string
  /** The reverse of `prefixed`. */
  plain(name: string): string
  /** Rejects while no broker answers; for `health.require`. */
  ready(): Promise<void>
}

/** It starts without a broker being there (readiness says so). */
export function kafka(config: KafkaConfig, tools: KafkaTools): Part<Kafka> {
  const { log, metrics, socketFactory } = tools
  const { topicPrefix = '' } = config

  return async () => {
    const settings: ClientConfig = {
      clientId: config.clientId,
      brokers: [...config.brokers],
      ...(config.ssl === undefined ? {} : { ssl: config.ssl }),
      ...(config.sasl === undefined ? {} : { sasl: config.sasl as NonNullable<ClientConfig['sasl']> }),
      ...(socketFactory ? { socketFactory } : {}),
      connectionTimeout: 3_000,
      authenticationTimeout: 5_000,
      requestTimeout: 10_000,
      // About 6 s in all: after that the caller decides, who knows how long it may take.
      retry: { initialRetryTime: 100, maxRetryTime: 3_000, retries: 6 },
      logLevel: logLevel.INFO,
      logCreator: driverLog(log),
    }
    const client = new Client(settings)
    const probe = new Client({ ...settings, retry: { retries: 0 } })

    let admin: Promise<Admin> | undefined
    const connectAdmin = async (): Promise<Admin> => {
      const connecting = probe.admin()
      await connecting.connect()
      return connecting
    }
    const dropAdmin = async (): Promise<void> => {
      const dropped = admin
      admin = undefined
      await dropped
        ?.then(connected => connected.disconnect())
        .catch(() => {
          // It never connected.
        })
    }

    return {
      value: {
        client,
        log,
        metrics,
        prefixed: name => topicPrefix + name,
        plain: name => name.slice(topicPrefix.length),
        async ready() {
          admin ??= connectAdmin()
          try {
            await (await admin).describeCluster()
          } catch (error) {
            await dropAdmin()
            throw unavailable('kafka-unavailable', undefined, { cause: error })
          }
        },
      },
      stop: dropAdmin,
    }
  }
}
