import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataDirectory } from '../../src/data-directory.ts'
import { engineStatus, PortTakenError, startEngines, stopEngines } from '../../src/index.ts'
import { identify, isAlive } from '../../src/process/identity.ts'
import { writeRunRecord } from '../../src/run-record.ts'
import { freePorts } from '../../src/test-engines.ts'
import { withRedis } from './clients.ts'
import { allBut, listen, temporaryDataDirectory } from './places.ts'

const OWNER = fileURLToPath(new URL('./owner.ts', import.meta.url))

async function startOwner(dataDir: string): Promise<ChildProcess> {
  const owner = spawn(process.execPath, [OWNER, dataDir, JSON.stringify(await freePorts())], {
    env: allBut('REDIS_URL'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void owner.kill('SIGKILL'))
  await once(owner.stdout, 'data')
  return owner
}

const redisOf = async (dataDir: string) =>
  (await engineStatus(dataDir)).engines.find(({ engine }) => engine === 'redis')

describe('an owner that was killed', () => {
  it('leaves engines that the next start replaces', async () => {
    const dataDir = temporaryDataDirectory('killed')
    const owner = await startOwner(dataDir)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    const orphan = await redisOf(dataDir)
    expect(orphan?.state).toBe('running')

    const engines = await startEngines({
      dataDir,
      ports: await freePorts(),
      env: allBut('REDIS_URL'),
    })
    if (orphan?.pid !== undefined) expect(identify(orphan.pid)).toBeUndefined()
    expect(await withRedis(engines.urls.redis, client => client.set('a', 'b'))).toBe('OK')
    await engines.stop()
  })

  it('leaves engines that stopEngines ends', async () => {
    const dataDir = temporaryDataDirectory('orphans')
    const owner = await startOwner(dataDir)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    const orphan = await redisOf(dataDir)
    expect(await stopEngines(dataDir)).toBe(true)
    if (orphan?.pid !== undefined) expect(identify(orphan.pid)).toBeUndefined()
    expect(await stopEngines(dataDir)).toBe(false)
  })
})

describe('stopEngines', () => {
  it('ends the owner and its engines, and lets the owner end them itself', async () => {
    const dataDir = temporaryDataDirectory('stopped')
    const owner = await startOwner(dataDir)
    const exit = once(owner, 'exit')
    expect(await stopEngines(dataDir)).toBe(true)
    expect(await exit).toEqual([0, null])
    expect(await engineStatus(dataDir)).toEqual({ engines: [] })
  })

  it('leaves a process alone that got the number of an engine that is gone', async () => {
    const dataDir = temporaryDataDirectory('bystander')
    const bystander = spawn('sleep', ['60'])
    onTestFinished(() => void bystander.kill('SIGKILL'))
    const pid = bystander.pid as number
    writeRunRecord(dataDirectory(dataDir), {
      engine: 'redis',
      source: 'local',
      url: 'redis://127.0.0.1:1',
      since: new Date().toISOString(),
      process: { pid, startedAt: 'another time' },
    })
    await stopEngines(dataDir)
    expect(isAlive(identify(pid) ?? { pid, startedAt: '' })).toBe(true)
  })
})

describe('a lock', () => {
  it.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'x', since: '2026-01-01' })],
    [
      'whose process number belongs to another process now',
      JSON.stringify({ pid: 1, startedAt: 'x', since: '2026-01-01' }),
    ],
    ['that a full disk left empty', ''],
  ])('%s does not hinder a start', async (_, content) => {
    const dataDir = temporaryDataDirectory('stale')
    writeFileSync(join(dataDir, 'engines.lock'), content)
    const engines = await startEngines({ dataDir })
    await engines.stop()
    expect(readdirSync(dataDir)).not.toContain('engines.lock')
  })

  it('goes to one of several that start at once', async () => {
    const dataDir = temporaryDataDirectory('race')
    writeFileSync(
      join(dataDir, 'engines.lock'),
      JSON.stringify({ pid: 1, startedAt: 'x', since: '2026-01-01' }),
    )
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => startEngines({ dataDir })))
    const winners = starts.filter(start => start.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    await winners[0]?.value.stop()
  })
})

describe('a start that cannot succeed', () => {
  it('names each engine whose port is taken, the port, and the variable that moves it', async () => {
    const dataDir = temporaryDataDirectory('ports')
    const ports = await freePorts()
    const squatters = await Promise.all([listen(ports.redis), listen(ports.kafkaController)])
    const failure = await startEngines({ dataDir, ports, env: {} }).catch(error => error)
    await Promise.all(squatters.map(({ close }) => close()))
    expect(failure).toBeInstanceOf(PortTakenError)
    expect(failure.message).toContain(`Redis cannot listen on port ${ports.redis}`)
    expect(failure.message).toContain('Set REDIS_PORT')
    expect(failure.message).toContain(`Kafka cannot listen on port ${ports.kafkaController}`)
    expect(failure.message).toContain('Set KAFKA_CONTROLLER_PORT')
  })

  it('names the engine of the environment that does not answer, without its password', async () => {
    const { postgres } = await freePorts()
    const failure = await startEngines({
      dataDir: temporaryDataDirectory('unreachable'),
      env: { ...process.env, POSTGRES_URL: `postgres://user:secret@127.0.0.1:${postgres}/db` },
    }).catch(error => error)
    expect(failure.message).toContain(`PostgreSQL at postgres://user:***@127.0.0.1:${postgres}/db`)
  })

  it('ends what it had started when it is given up', async () => {
    const dataDir = temporaryDataDirectory('given-up')
    const givenUp = new AbortController()
    const ports = await freePorts()
    const starting = startEngines({
      dataDir,
      ports,
      env: { ...process.env, REDIS_URL: '', MONGO_URL: '' },
      signal: givenUp.signal,
      onEvent: ({ kind }) => kind === 'ready' && givenUp.abort(new Error('Ctrl-C')),
    })
    await expect(starting).rejects.toThrow('Ctrl-C')
    expect(await engineStatus(dataDir)).toEqual({ engines: [] })
    await Promise.all([listen(ports.redis), listen(ports.mongo)].map(async server => (await server).close()))
  })
})
