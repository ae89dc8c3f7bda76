import { chmodSync, existsSync, mkdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadEngineConfig } from '../../src/config.ts'
import { dataDirectory } from '../../src/data-directory.ts'
import { startEngines } from '../../src/index.ts'
import { localRuntime } from '../../src/local/local-runtime.ts'
import { localMongo } from '../../src/local/mongo.ts'
import { localPostgres } from '../../src/local/postgres.ts'
import { localRedis } from '../../src/local/redis.ts'
import { supervise } from '../../src/supervisor.ts'
import { freePorts } from '../../src/test-engines.ts'
import { query } from './clients.ts'
import { allBut, temporaryDataDirectory } from './places.ts'

const config = loadEngineConfig({})
const nowhere = dataDirectory('/nonexistent')
const missing = await Promise.all(
  [localPostgres(config, nowhere), localRedis(config, nowhere), localMongo(config, nowhere, () => {})].map(
    engine => engine.missingPackages(),
  ),
).then(packages => packages.flat().map(({ software }) => software))
if (missing.length > 0) console.log(`local engines are not tested here: missing ${missing.join(', ')}`)

const locally = (variable: string) => ({ ...allBut(variable), ENGINES_DOCKER: 'never' })

describe.skipIf(missing.length > 0)('an engine as a process of this machine', () => {
  it('does not take a server that was faster at the port for its own', async () => {
    const directory = dataDirectory(temporaryDataDirectory('overtaken'))
    const config = loadEngineConfig({ REDIS_PORT: new URL(process.env['REDIS_URL'] ?? '').port })
    const runtime = localRuntime('redis', localRedis(config, directory), directory)
    await expect(supervise(runtime, () => {}, new AbortController().signal)).rejects.toThrow(
      /Redis did not start: it exited with code 1[\s\S]*Address already in use/,
    )
  })

  it('shows what the engine said', async () => {
    const dataDir = temporaryDataDirectory('broken')
    mkdirSync(join(dataDir, 'mongo/data.mv'), { recursive: true })
    const start = startEngines({
      dataDir,
      ports: await freePorts(),
      env: locally('MONGO_URL'),
    })
    await expect(start).rejects.toThrow(
      /MongoDB did not start: it exited with code 1[\s\S]*data.mv: Is a directory/,
    )
  })

  it('starts on what a crash left of PostgreSQL: a pid file that names somebody else, a half-made data directory', async () => {
    const dataDir = temporaryDataDirectory('crashed')
    const ports = await freePorts()
    const start = () => startEngines({ dataDir, ports, env: locally('POSTGRES_URL') })
    const draft = join(dataDir, 'postgres/data.partial-4194305')
    mkdirSync(draft, { recursive: true })
    writeFileSync(join(draft, 'PG_VERSION'), '15\n')
    const first = await start()
    await query(first.urls.postgres, 'CREATE TABLE kept ()')
    await first.stop()
    expect(existsSync(draft)).toBe(false)

    const pidFile = join(dataDir, 'postgres/data/postmaster.pid')
    writeFileSync(pidFile, `${process.ppid}\n${dirname(pidFile)}\n`)
    const second = await start()
    expect(await query(second.urls.postgres, 'SELECT FROM kept')).toEqual([])
    await second.stop()
  })

  it.runIf(process.getuid?.() === 0)(
    'keeps PostgreSQL elsewhere where its user cannot reach the data directory, and begins anew once the link is deleted',
    async () => {
      const outer = temporaryDataDirectory('private')
      chmodSync(outer, 0o700)
      const dataDir = join(outer, 'data')
      const link = join(dataDir, 'postgres')
      const ports = await freePorts()
      const start = () => startEngines({ dataDir, ports, env: locally('POSTGRES_URL') })

      const first = await start()
      onTestFinished(() => rmSync(readlinkSync(link), { recursive: true, force: true }))
      await query(first.urls.postgres, 'CREATE TABLE kept ()')
      await first.stop()
      expect(readlinkSync(link)).toMatch('/var/lib/walking-buddy/')

      const second = await start()
      expect(await query(second.urls.postgres, 'SELECT FROM kept')).toEqual([])
      await second.stop()

      rmSync(link)
      const third = await start()
      await expect(query(third.urls.postgres, 'SELECT FROM kept')).rejects.toThrow('does not exist')
      await third.stop()
    },
  )
})
