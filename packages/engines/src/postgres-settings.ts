/**
 * Server settings that hold wherever PostgreSQL runs, as a process or as a container:
 * durable as in production, and small, because it idles beside a dozen other processes.
 */
export const POSTGRES_SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '400',
  shared_buffers: '32MB',
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '512MB',
  jit: 'off',
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** As arguments of the `postgres` program. */
export const postgresArguments = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
