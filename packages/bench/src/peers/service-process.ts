import { createServer } from 'node:net'
import { topicSpecs } from '@walking-buddy/contracts/topics'
import { ensureTopics, kafka } from '@walking-buddy/kafka'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import pg from 'pg'
import type { BenchRun } from '../main.ts'
import { startChild } from '../measure/child.ts'
import { serviceSecret } from './serve-peer.ts'

/** Of the environment that benchmarks have in the engines. */
const prefix = 'walking-buddy-bench.'

export interface ServiceProcess {
  pid: number
  port: number
  grpcPort: number
  /** The value of a metric: of the first line that the pattern matches. */
  metric(pattern: RegExp): Promise<number>
  stop(): Promise<void>
}

/** A service as it runs everywhere: its own process, ready, on real engines with an empty database. */
export async function startService(
  name: string,
  { engines }: Pick<BenchRun, 'engines'>,
  env: Record<string, string>,
): Promise<ServiceProcess> {
  await createTopics(engines.kafka)
  const database = await createDatabase(engines.postgres, `walking_buddy_bench_${name}`)
  const [port, grpcPort, ops] = (await freePorts(3)) as [number, number, number]
  const { pid, stop } = await startChild<true>(
    new URL(`../../../../services/${name}/src/main.ts`, import.meta.url),
    {
      env: {
        HOST: '127.0.0.1',
        HTTP_PORT: String(port),
        GRPC_PORT: String(grpcPort),
        OPS_PORT: String(ops),
        POSTGRES_URL: database.url,
        KAFKA_BROKERS: engines.kafka,
        TOPIC_PREFIX: prefix,
        SERVICE_TOKEN_SECRET: serviceSecret.reveal(),
        PROPAGATION_MS: '0',
        ...env,
      },
      isReady: async () => ((await fetch(`http://127.0.0.1:${ops}/readyz`)).ok ? true : undefined),
    },
  )
  return {
    pid,
    port,
    grpcPort,
    metric: async pattern =>
      Number(pattern.exec(await (await fetch(`http://127.0.0.1:${ops}/metrics`)).text())?.[1]),
    stop: async () => {
      await stop()
      await database.drop()
    },
  }
}

async function createDatabase(server: string, name: string) {
  const url = new URL(server)
  url.pathname = `/${name}`
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  const drop = () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await drop()
  await run(`CREATE DATABASE ${name}`)
  return { url: url.href, drop }
}

async function createTopics(brokers: string): Promise<void> {
  const part = kafka(
    { brokers: brokers.split(','), clientId: 'bench', topicPrefix: prefix },
    { log: silentLogger(), metrics: createMetrics({ service: 'bench' }) },
  )
  const { value, stop } = await part('kafka')
  await ensureTopics(
    value,
    topicSpecs.filter(({ name }) => /^(user|location)\./.test(name)),
  )
  await stop?.(AbortSignal.timeout(2_000))
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<{ port: number; close: () => void }>(resolve => {
          const server = createServer().listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve({
              port: typeof address === 'object' && address ? address.port : 0,
              close: () => server.close(),
            })
          })
        }),
    ),
  )
  for (const { close } of servers) close()
  return servers.map(({ port }) => port)
}
