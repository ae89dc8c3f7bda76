import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './command.ts'

/** An installed PostgreSQL server. */
export interface PostgresServer {
  readonly binDir: string
  readonly major: number
  readonly hasPostgis: boolean
}

/** Distributions keep the server's programs off the PATH, one directory for each major version. */
const BIN_DIRECTORIES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
]

/** The servers of this machine, the newest first. */
export async function findPostgresServers(): Promise<PostgresServer[]> {
  const onPath = await runCommand('pg_config', ['--bindir'])
  const directories = new Set([...globSync(BIN_DIRECTORIES), ...(onPath.ok ? [onPath.output] : [])])
  const servers = await Promise.all([...directories].map(inspect))
  return servers.filter(server => server !== undefined).sort((a, b) => b.major - a.major)
}

async function inspect(binDir: string): Promise<PostgresServer | undefined> {
  if (!existsSync(join(binDir, 'initdb'))) return undefined
  const [version, share] = await Promise.all([
    runCommand(join(binDir, 'postgres'), ['--version']),
    runCommand(join(binDir, 'pg_config'), ['--sharedir']),
  ])
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(version.output)?.[1])
  if (!version.ok || Number.isNaN(major)) return undefined
  return {
    binDir,
    major,
    hasPostgis: share.ok && existsSync(join(share.output, 'extension/postgis.control')),
  }
}
