import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { topicSpecs } from '@walking-buddy/contracts/topics'
import { grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { ensureTopics, kafka } from '@walking-buddy/kafka'
import { createScope, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import pg from 'pg'
import type { BenchRun } from '../main.ts'
import { startChild } from '../measure/child.ts'
import { closedLoop } from '../measure/load.ts'
import { inRounds, type Measured } from '../measure/rounds.ts'
import { serviceSecret, startOwners } from '../nearby/owners.ts'
import { inhabitantsOf } from '../nearby/town.ts'
import { measuredTable } from '../report/measured-table.ts'
import { lineClient } from './line-client.ts'
import { positionStream } from './position-stream.ts'

const people = 5_000
/** Positions of one message: what a realtime instance gathers in a tick. */
const together = 50
const messagesUnderWay = 8
const names = {
  location: 'location, streamed in batches',
  peer: 'one frame, one GEOADD, one Kafka send each',
}
const topicPrefix = 'walking-buddy-bench.'
const opsPort = 41_911
const grpcPort = 41_411

/** Positions into the running location service, beside the straightforward way of taking them. */
export async function ingest(run: BenchRun): Promise<void> {
  const { engines, report } = run
  const inhabitants = [...inhabitantsOf({ people, inRadius: 200 })]
  const userIds = inhabitants.map(({ userId }) => userId)
  const owners = await startOwners(inhabitants)
  const scope = createScope(silentLogger())
  const running: { stop: () => Promise<void> | void }[] = [owners, { stop: () => scope.stop(2_000) }]
  try {
    const metrics = createMetrics({ service: 'realtime' })
    const cluster = await scope.start(
      'kafka',
      kafka(
        { brokers: engines.kafka.split(','), clientId: 'bench', topicPrefix },
        { log: silentLogger(), metrics },
      ),
    )
    await ensureTopics(cluster, [...topicSpecs, { name: 'bench.positions', partitions: 6, config: {} }])
    const service = await startLocation(engines, owners.identity)
    running.push(service)
    const client = await scope.start(
      'location',
      grpcClient(
        LocationServiceService,
        locationCallers,
        { address: `127.0.0.1:${grpcPort}`, service: 'location' },
        {
          tokens: serviceTokens({ service: 'realtime', secret: serviceSecret, clock: systemClock }),
          metrics,
          clock: systemClock,
        },
      ),
    )
    const stream = positionStream(client, userIds)
    running.push(stream)
    // Everyone's first position makes them visible, once: that is no part of what is measured.
    for (let sent = 0; sent < people; sent += together) await stream.send(together)

    const peer = await startChild<{ port: number }>(new URL('line-peer.ts', import.meta.url), {
      args: [
        JSON.stringify({
          redisUrl: engines.redis,
          brokers: engines.kafka,
          topic: `${topicPrefix}bench.positions`,
        }),
      ],
    })
    running.push(peer)
    const lines = await lineClient(peer.said.port, userIds)
    running.push(lines)

    report.section(`Positions of ${people.toLocaleString('en')} people`)
    const measured = await inRounds(
      [
        {
          name: names.location,
          processes: { server: service.pid },
          run: async ms => {
            const { operations } = await closedLoop(() => stream.send(together), messagesUnderWay, ms)
            return { operations: operations * together }
          },
        },
        {
          name: names.peer,
          processes: { server: peer.pid },
          run: ms => closedLoop(() => lines.send(), together * messagesUnderWay, ms),
        },
      ],
      run,
    )
    report.table(
      measuredTable(
        `${together} positions a message, ${messagesUnderWay} messages under way; the peer has as many positions under way`,
        measured,
        names.peer,
        'the peer answers when Redis and Kafka have; location when the position is kept and judged',
      ),
    )
    report.goal({
      goal: 'positions a second and core vs one frame, one GEOADD, one Kafka send each',
      bound: 'least',
      target: 8,
      measured: cpuOf(measured, names.peer) / cpuOf(measured, names.location),
      unit: '×',
    })
  } finally {
    for (const { stop } of running.reverse()) await stop()
  }
}

const cpuOf = (measured: readonly Measured[], name: string): number =>
  measured.find(one => one.name === name)!.cpuMicros['server']!

/** location's own process, as it runs. */
async function startLocation(engines: BenchRun['engines'], identity: string) {
  const database = await emptyDatabase(engines.postgres)
  return startChild<boolean>(new URL('../../../../services/location/src/main.ts', import.meta.url), {
    env: {
      HOST: '127.0.0.1',
      HTTP_PORT: '41311',
      GRPC_PORT: String(grpcPort),
      OPS_PORT: String(opsPort),
      POSTGRES_URL: database,
      REDIS_URL: engines.redis,
      REDIS_PREFIX: topicPrefix,
      KAFKA_BROKERS: engines.kafka,
      TOPIC_PREFIX: topicPrefix,
      SERVICE_TOKEN_SECRET: serviceSecret.reveal(),
      PLACES_KEY: `bench:${Buffer.alloc(32, 7).toString('base64')}`,
      IDENTITY_GRPC: identity,
      // Nobody walks here: location does without walk, and shares nothing.
      WALK_GRPC: '127.0.0.1:1',
      LOG_LEVEL: 'error',
      PROPAGATION_MS: '0',
    },
    isReady: async () => ((await fetch(`http://127.0.0.1:${opsPort}/readyz`)).ok ? true : undefined),
  })
}

async function emptyDatabase(postgres: string): Promise<string> {
  const name = 'walking_buddy_bench_location'
  const admin = new pg.Client({ connectionString: postgres })
  await admin.connect()
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await admin.query(`CREATE DATABASE ${name}`)
  await admin.end()
  const url = new URL(postgres)
  url.pathname = `/${name}`
  return url.href
}
