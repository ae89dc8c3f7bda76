import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineUrls } from '@walking-buddy/engines'
import type { MeshConfig } from '../config.ts'
import { dataFiles } from './data-files.ts'
import type { Secrets } from './secrets.ts'

/** The services of the mesh, in the order in which they are started. */
export const serviceNames = ['identity', 'location', 'matching', 'walk', 'realtime'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Where a service listens on 127.0.0.1. */
export interface ServicePorts {
  http: number
  grpc: number
  ops: number
}

/** Ports by the place in the list: HTTP, gRPC 100 above, operations 200 above. */
export function portsOf(config: MeshConfig, name: ServiceName): ServicePorts {
  const http = config.servicesPort + serviceNames.indexOf(name) + 1
  return { http, grpc: http + 100, ops: http + 200 }
}

/** A service's own database on the shared server. */
export function databaseOf(config: MeshConfig, engines: EngineUrls, name: string): string {
  const url = new URL(engines.postgres)
  url.pathname = `/${config.databasePrefix}${name}`
  return url.href
}

/** The environment that a service is started with on this machine. */
export function environmentOf(
  config: MeshConfig,
  engines: EngineUrls,
  secrets: Secrets,
  name: ServiceName,
): Record<string, string> {
  const ports = portsOf(config, name)
  const files = dataFiles(config.dataDir)
  const peers = Object.fromEntries(
    serviceNames.map(peer => [`${peer.toUpperCase()}_GRPC`, `127.0.0.1:${portsOf(config, peer).grpc}`]),
  )
  const own: Record<ServiceName, Record<string, string>> = {
    identity: {
      IDENTITY_SIGNING_KEYS_FILE: files.signingKeys,
      IDENTITY_SECRET: secrets.identity,
    },
    location: {
      REDIS_URL: engines.redis,
      REDIS_PREFIX: config.topicPrefix,
      PLACES_KEY: secrets.placesKey,
      ...(existsSync(files.map.cells) ? { CELLS_FILE: files.map.cells } : {}),
    },
    matching: {},
    walk: {
      REDIS_URL: engines.redis,
      REDIS_PREFIX: config.topicPrefix,
      MONGO_URL: engines.mongo,
      MONGO_DATABASE: `${config.databasePrefix}walk`,
    },
    realtime: {},
  }
  return {
    HOST: '127.0.0.1',
    HTTP_PORT: String(ports.http),
    GRPC_PORT: String(ports.grpc),
    OPS_PORT: String(ports.ops),
    POSTGRES_URL: databaseOf(config, engines, name),
    KAFKA_BROKERS: engines.kafka,
    TOPIC_PREFIX: config.topicPrefix,
    SERVICE_TOKEN_SECRET: secrets.serviceToken,
    JWKS_URL: `http://127.0.0.1:${portsOf(config, 'identity').http}/.well-known/jwks.json`,
    ALLOWED_ORIGINS: `http://localhost:${config.gatewayPort}`,
    // Nothing balances load in front of a local service: nobody needs time to notice that it stops.
    PROPAGATION_MS: '0',
    ...peers,
    ...own[name],
  }
}

/** The bundle that a service or an app is started by; `pnpm build` makes it. */
export const entryOf = (config: MeshConfig, folder: string): string =>
  join(config.root, folder, 'dist/main.mjs')
