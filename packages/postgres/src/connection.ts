import type { ClientConfig } from 'pg'
import { columnTypes } from './column-types.ts'

/** How every connection of this package is opened, pooled or not. */
export function connectionSettings(config: {
  url: string
  applicationName: string
  connectTimeoutMs: number
  statementTimeoutMs: number
  lockTimeoutMs: number
}): ClientConfig {
  return {
    connectionString: config.url,
    application_name: config.applicationName,
    connectionTimeoutMillis: config.connectTimeoutMs,
    statement_timeout: config.statementTimeoutMs,
    lock_timeout: config.lockTimeoutMs,
    // A client that stopped in the middle of a transaction keeps its locks no longer than this.
    idle_in_transaction_session_timeout: 10_000,
    // The server notices within 15 s that a machine vanished, and gives its locks to others.
    options:
      '-c TimeZone=UTC -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2',
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: columnTypes,
  }
}

/** How much longer than the server's own limit a client waits for a statement before it gives up the connection. */
export const silenceGraceMs = 2_000
