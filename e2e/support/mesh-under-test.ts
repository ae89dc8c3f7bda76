import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineUrls } from '@walking-buddy/engines'
import { loadConfig, type MeshConfig } from '@walking-buddy/mesh/config'
import { type Constellation, startConstellation } from '@walking-buddy/mesh/constellation'
import { engineUrls } from '@walking-buddy/testkit'

/** A whole mesh of its own: every service a process, the gateway in front, on the engines of this test run. */
export interface MeshUnderTest {
  url: string
  config: MeshConfig
  constellation: Constellation
  /** Names of processes that died and were started again. */
  restarts: string[]
  stop(): Promise<void>
}

/** Starts it on free ports, with databases and topics of its own; on other engines where `own` names them. */
export async function startMeshUnderTest(own?: EngineUrls): Promise<MeshUnderTest> {
  const name = `e2e_${randomBytes(5).toString('hex')}_`
  const dataDir = mkdtempSync(join(tmpdir(), 'walking-buddy-'))
  const servicesPort = await freeBlock()
  const config: MeshConfig = {
    ...loadConfig({}),
    dataDir,
    servicesPort,
    gatewayPort: servicesPort + 90,
    databasePrefix: name,
    topicPrefix: `${name.replaceAll('_', '-')}.`,
  }
  const restarts: string[] = []
  const engines = own ?? {
    postgres: engineUrls.postgres,
    redis: engineUrls.redis,
    kafka: engineUrls.kafka.join(','),
    mongo: engineUrls.mongo,
  }
  const constellation = await startConstellation({
    config,
    engines,
    limitScale: 1000,
    onRestart: process => void restarts.push(process),
  })
  try {
    await constellation.untilReady()
  } catch (error) {
    await constellation.stop()
    throw error
  }
  return {
    url: constellation.url,
    config,
    constellation,
    restarts,
    stop: async () => {
      await constellation.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The first of 300 ports below the ephemeral ones, of which those that a mesh takes are free. */
export async function freeBlock(): Promise<number> {
  const offsets = [90, ...[0, 1, 2, 3, 4, 5].flatMap(offset => [offset, offset + 100, offset + 200])]
  for (;;) {
    const first = 11_000 + Math.floor(Math.random() * 70) * 300
    if ((await Promise.all(offsets.map(offset => isFree(first + offset)))).every(Boolean)) return first
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
