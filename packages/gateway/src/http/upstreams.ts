import { Pool } from 'undici'
import type { Service } from '../declarative/kong-config.ts'

/** Connections to the services, kept open between requests. */
export interface Upstreams {
  poolOf(service: Service): Pool
  destroy(): Promise<void>
}

/**
 * @param addresses where the hosts of the file are, `{ identity: 'http://127.0.0.1:4101' }`; others are asked for by name
 */
export function createUpstreams(addresses: Readonly<Record<string, string>>): Upstreams {
  const pools = new Map<string, Pool>()
  return {
    poolOf({ host, port, connectTimeoutMs }) {
      const origin = addresses[host] ?? `http://${host}:${port}`
      const key = `${origin} ${connectTimeoutMs}`
      let pool = pools.get(key)
      if (!pool) {
        pool = new Pool(origin, {
          connect: { timeout: connectTimeoutMs },
          pipelining: 1,
          keepAliveTimeout: 4_000,
          maxHeaderSize: 64 * 1024,
          allowH2: false,
        })
        pools.set(key, pool)
      }
      return pool
    },
    async destroy() {
      await Promise.all([...pools.values()].map(pool => pool.destroy()))
    },
  }
}
