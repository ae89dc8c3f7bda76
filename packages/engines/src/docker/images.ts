import type { EngineName } from '../engine.ts'
import { KAFKA_BROKER } from '../kafka-broker.ts'
import { POSTGRES_SETTINGS, postgresArguments } from '../postgres-settings.ts'

/** How an engine's image is run. */
export interface EngineImage {
  readonly image: string
  /** The port inside the container. */
  readonly port: number
  /** The directory inside the container whose content must survive it. */
  readonly data?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly url: (host: string, port: number) => string
}

/** Official images; the same settings as the local processes have. */
export function engineImage(engine: EngineName, host: string, port: number): EngineImage {
  switch (engine) {
    case 'postgres':
      return {
        image: 'postgis/postgis:16-3.4',
        port: 5432,
        data: '/var/lib/postgresql/data',
        command: ['postgres', ...postgresArguments(POSTGRES_SETTINGS)],
        environment: { POSTGRES_HOST_AUTH_METHOD: 'trust', POSTGRES_INITDB_ARGS: '--locale=C.UTF-8' },
        url: (host, port) => `postgres://postgres@${host}:${port}/postgres`,
      }
    case 'redis':
      return {
        image: 'redis:7.4-alpine',
        port: 6379,
        command: ['redis-server', '--save', '', '--appendonly', 'no'],
        url: (host, port) => `redis://${host}:${port}`,
      }
    case 'kafka':
      return {
        image: 'apache/kafka:4.1.0',
        port: 9092,
        data: '/var/lib/kafka/data',
        environment: {
          KAFKA_HEAP_OPTS: '-Xmx256m -XX:+UseSerialGC',
          ...kafkaEnvironment({
            ...KAFKA_BROKER,
            'controller.quorum.voters': '1@localhost:9093',
            listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
            'advertised.listeners': `PLAINTEXT://${host}:${port}`,
            'log.dirs': '/var/lib/kafka/data',
          }),
        },
        url: (host, port) => `${host}:${port}`,
      }
    case 'mongo':
      return {
        image: 'mongo:8.0',
        port: 27017,
        data: '/data/db',
        command: ['mongod', '--bind_ip_all', '--wiredTigerCacheSizeGB', '0.25'],
        url: (host, port) => `mongodb://${host}:${port}`,
      }
  }
}

/** The image reads `KAFKA_LOG_DIRS` where a properties file says `log.dirs`. */
const kafkaEnvironment = (settings: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`,
      value,
    ]),
  )
