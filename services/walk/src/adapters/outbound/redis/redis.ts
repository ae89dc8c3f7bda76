import { createClient } from '@redis/client'
import type { Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'

export interface RedisConfig {
  url: string
  /** Before every key: environments and test files share a server by it. */
  keyPrefix: string
}

const open = (config: RedisConfig) =>
  createClient({
    url: config.url,
    keyPrefix: config.keyPrefix,
    // A cache that does not answer at once is worth nothing.
    disableOfflineQueue: true,
    commandOptions: { timeout: 250 },
    socket: { connectTimeout: 1_000, reconnectStrategy: attempts => Math.min(2_000, 50 * 2 ** attempts) },
  })

export type Redis = ReturnType<typeof open>

/** It starts without a server being there, and goes on without it. */
export function redis(config: RedisConfig, { log }: { log: Logger }): Part<Redis> {
  return async () => {
    const client = open(config)
    let down = false
    client.on('error', error => {
      if (!down) log.warn({ err: error }, 'redis does not answer')
      down = true
    })
    client.on('ready', () => {
      down = false
    })
    // It keeps trying; whoever needs it is told by their own command.
    client.connect().catch(() => {})
    return { value: client, stop: async () => client.destroy() }
  }
}
