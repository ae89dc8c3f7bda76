import { createScope } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { testDatabase as createDatabase, engineUrls } from '@walking-buddy/testkit'
import { Client } from 'pg'
import { type Mechanism, migrate, type Postgres, type PostgresConfig, postgres } from '../src/index.ts'

export { until } from '@walking-buddy/testkit'

export const log = silentLogger()
/** This folder: it has none. */
export const noMigrations = new URL('./', import.meta.url)
export const testMetrics = () => createMetrics({ service: 'test' })

/** A database of this test file's own, with a pool on it and the mechanisms asked for. */
export async function testDatabase(mechanisms: readonly Mechanism[], config: Partial<PostgresConfig> = {}) {
  const { url, drop } = await createDatabase('postgres')
  const name = new URL(url).pathname.slice(1)
  const scope = createScope(log)
  const open = (overrides: Partial<PostgresConfig> = {}): Promise<Postgres> =>
    scope.start(
      'postgres',
      postgres(
        { url, poolSize: 10, applicationName: name, statementTimeoutMs: 10_000, ...config, ...overrides },
        { log, metrics: testMetrics() },
      ),
    )
  const pg = await open()
  if (mechanisms.length > 0) await migrate(pg, noMigrations, { log, mechanisms })
  return {
    name,
    url,
    pg,
    scope,
    open,
    async drop(): Promise<void> {
      await scope.stop(10_000)
      await drop()
    },
  }
}

export const urlOf = (database: string): string => {
  const url = new URL(engineUrls.postgres)
  url.pathname = `/${database}`
  return url.href
}

/** Something done to the server from outside of the database under test. */
export async function asSuperuser<T>(
  work: (client: Client) => Promise<T>,
  url = engineUrls.postgres,
): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Ends connections of one application, as a restart of the server or a network fault would. */
export const killConnections = (applicationName: string): Promise<unknown> =>
  asSuperuser(admin =>
    admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      applicationName,
    ]),
  )
