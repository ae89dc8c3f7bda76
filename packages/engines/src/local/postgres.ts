import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineConfig } from '../config.ts'
import type { DataDirectory } from '../data-directory.ts'
import { EngineError } from '../errors.ts'
import { HOST } from '../ports.ts'
import { POSTGRES_SETTINGS, postgresArguments } from '../postgres-settings.ts'
import type { UnixUser } from '../process/engine-process.ts'
import { commandLine, identify } from '../process/identity.ts'
import { STOP_STEPS, stopProcess } from '../process/stop-process.ts'
import { atomicDirectory } from './atomic-directory.ts'
import { runCommand } from './command.ts'
import type { LocalEngine } from './local-engine.ts'
import { postgresHome, postgresUser } from './postgres-home.ts'
import { findPostgresServers, type PostgresServer } from './postgres-server.ts'

const SUPPORTED_MAJORS = [18, 17, 16, 15, 14] as const

export function localPostgres(config: EngineConfig, directory: DataDirectory): LocalEngine {
  const port = config.ports.postgres
  return {
    url: `postgres://postgres@${HOST}:${port}/postgres`,

    async missingPackages() {
      const servers = await findPostgresServers()
      if (servers.some(({ hasPostgis }) => hasPostgis)) return []
      const [first, ...others] = [...servers.map(({ major }) => major), ...SUPPORTED_MAJORS].map(
        major => `postgresql-${major}-postgis-3`,
      ) as [string, ...string[]]
      return [
        { software: 'PostgreSQL with PostGIS', apt: [first, ...others], brew: 'postgis', engine: 'postgres' },
      ]
    },

    install: async () => {},

    async prepare(signal) {
      const user = postgresUser()
      const home = postgresHome(directory, user)
      const data = join(home, 'data')
      const { binDir } = choose(await findPostgresServers(), data)
      await atomicDirectory(data, draft => createCluster(binDir, draft, user, signal))
      await clearStalePidFile(data)
      return {
        command: join(binDir, 'postgres'),
        args: [
          ...['-D', data],
          ...postgresArguments({
            ...POSTGRES_SETTINGS,
            listen_addresses: HOST,
            port: `${port}`,
            unix_socket_directories: '',
          }),
        ],
        cwd: home,
        port,
        user,
        stop: STOP_STEPS.postgres,
      }
    },
  }
}

/** A cluster opens only with the major version that created it. */
function choose(servers: readonly PostgresServer[], data: string): PostgresServer {
  const usable = servers.filter(({ hasPostgis }) => hasPostgis)
  const versionFile = join(data, 'PG_VERSION')
  const wanted = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8')) : usable[0]?.major
  const server = usable.find(({ major }) => major === wanted)
  if (!server)
    throw new EngineError(
      `The data in ${data} was written by PostgreSQL ${wanted}, which is not installed with PostGIS. Install it, or delete that directory to begin anew.`,
    )
  return server
}

async function createCluster(
  binDir: string,
  draft: string,
  user: UnixUser | undefined,
  signal: AbortSignal | undefined,
) {
  mkdirSync(draft, { mode: 0o700 })
  if (user) chownSync(draft, user.uid, user.gid)
  const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
  const { ok, output } = await runCommand(
    join(binDir, 'initdb'),
    ['-D', draft, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', `--locale=${locale}`],
    { cwd: draft, user, signal },
  )
  if (!ok) throw new EngineError(`PostgreSQL could not create its data directory:\n${output}`)
}

/**
 * After a crash `postmaster.pid` names a process that is gone, whose number may belong to anybody by now:
 * PostgreSQL would refuse to start. A server that still runs on this very directory is stopped instead.
 */
async function clearStalePidFile(data: string) {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  const holder = commandLine(pid).includes(data) ? identify(pid) : undefined
  if (holder) await stopProcess(holder, STOP_STEPS.postgres)
  rmSync(file, { force: true })
}
