import { randomBytes } from 'node:crypto'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { grpcService } from '@walking-buddy/grpc'
import { systemClock } from '@walking-buddy/service-kit'
import { Kafka, logLevel } from 'kafkajs'
import type { BenchRun } from '../main.ts'
import { startChild } from '../measure/child.ts'
import { closedLoop } from '../measure/load.ts'
import { rawHttp, requestBytes } from '../measure/raw-http.ts'
import { type Contender, inRounds, type Measured } from '../measure/rounds.ts'
import { connectRedis, redisPidOf } from '../nearby/redis-town.ts'
import { serveAccessKeys } from '../peers/access-keys.ts'
import { serveIdentity } from '../peers/identity.ts'
import { notPlayed, servePeer } from '../peers/serve-peer.ts'
import { startService } from '../peers/service-process.ts'
import { measuredTable } from '../report/measured-table.ts'
import { framePhones } from './frame-client.ts'
import { hop } from './hop.ts'
import { locationClient, PositionStream } from './position-stream.ts'
import { StrollingPeople } from './positions.ts'

const phones = 2_000
const together = 512
const connections = 64
const topic = 'walking-buddy-bench.plain-positions'
const names = {
  stream: 'location, by the stream',
  sparse: 'location, by the stream, 32 together',
  rest: 'location, by REST',
  plain: 'one frame, one GEOADD, one Kafka send',
}

/** Positions into the running location service, beside what one would write first. */
export async function ingest(run: BenchRun): Promise<void> {
  const { engines, report } = run
  report.section(`Positions of ${phones.toLocaleString('en')} phones`)
  const running: { stop: () => Promise<unknown> | unknown }[] = []
  const redis = await connectRedis(engines.redis)
  running.push({ stop: () => redis.destroy() })
  try {
    const people = new StrollingPeople(phones)
    const location = await startLocation(run, people, running)
    const plain = await startPlainPeer(engines, running)
    const redisPid = await redisPidOf(redis)

    // Everybody's first position is decided on and published; what is measured is those that follow.
    await Promise.all(people.userIds.map(() => location.stream.report(people.next())))

    const contenders: Contender[] = [
      {
        name: names.stream,
        processes: { 'in the service': location.pid, 'in Redis': redisPid },
        run: ms => closedLoop(() => location.stream.report(people.next()), together, ms),
      },
      {
        name: names.sparse,
        processes: { 'in the service': location.pid, 'in Redis': redisPid },
        run: ms => closedLoop(() => location.stream.report(people.next()), 32, ms),
      },
      {
        name: names.rest,
        processes: { 'in the service': location.pid, 'in Redis': redisPid },
        run: ms => closedLoop(location.put, connections, ms),
      },
      {
        name: names.plain,
        processes: { 'in the service': plain.pid, 'in Redis': redisPid },
        run: ms => closedLoop(() => plain.report(people.next()), together, ms),
      },
    ]
    const measured = await inRounds(contenders, run)
    report.table(
      measuredTable(
        `${together} under way; REST on ${connections} connections`,
        measured,
        names.plain,
        'the sockets of phones are realtime’s in the mesh, and not part of this',
      ),
    )
    const perCore = (name: string) => 1e6 / cpuOf(measured, name)
    report.table({
      title: 'Positions a second of one core in the service',
      columns: ['', 'positions', `÷ ${names.plain}`],
      rows: Object.values(names).map(name => [name, perCore(name), perCore(name) / perCore(names.plain)]),
    })
    report.goal({
      goal: 'positions/s/core vs one frame, GEOADD and Kafka send each',
      bound: 'least',
      target: 8,
      measured: perCore(names.stream) / perCore(names.plain),
      unit: '×',
    })
  } finally {
    for (const { stop } of running.reverse()) await stop()
  }
  await hop(run)
}

const cpuOf = (measured: readonly Measured[], name: string): number =>
  measured.find(contender => contender.name === name)?.cpuMicros['in the service'] ?? Number.NaN

type Running = { stop: () => Promise<unknown> | unknown }[]

async function startLocation(run: BenchRun, people: StrollingPeople, running: Running) {
  const identity = await serveIdentity(
    people.userIds.map((userId, i) => ({ userId, username: `phone-${i}` })),
    2_000,
  )
  const walk = await serveWalk()
  const keys = await serveAccessKeys()
  running.push(identity, walk, keys)
  const service = await startService('location', run, {
    JWKS_URL: keys.jwksUrl,
    IDENTITY_GRPC: identity.address,
    WALK_GRPC: walk.address,
    REDIS_URL: run.engines.redis,
    REDIS_PREFIX: 'walking-buddy-bench:',
    PLACES_KEY: `bench:${randomBytes(32).toString('base64')}`,
  })
  running.push(service)
  const { client, stop } = await locationClient(service.grpcPort)
  const stream = new PositionStream(client)
  const http = await rawHttp(service.port, connections)
  running.push({ stop }, { stop: () => stream.close() }, { stop: () => http.close() })

  const tokens = await Promise.all(people.userIds.slice(0, 500).map(userId => keys.sign(userId)))
  const steps = tokens.map((token, i) => {
    const lat = 48 + (i % 100) * 2e-4
    const lng = -20 + Math.floor(i / 100) * 3e-4
    return requestBytes({
      method: 'PUT',
      path: '/api/users/location',
      token,
      body: JSON.stringify({ lat, lng }),
    })
  })
  let turn = 0
  return { pid: service.pid, stream, put: () => http.send(steps[turn++ % steps.length]!) }
}

/** walk, where nobody walks. */
const serveWalk = () =>
  servePeer(
    'walk',
    grpcService(WalkServiceService, walkCallers, {
      async watchWalks(_request, send, { signal }) {
        await send({ frame: { $case: 'snapshotEnd', value: {} } })
        while (!signal.aborted) {
          await send({ frame: { $case: 'beat', value: { at: new Date() } } })
          await systemClock.delay(250, signal)
        }
      },
      requestWalk: notPlayed,
      acceptWalk: notPlayed,
      declineWalk: notPlayed,
      cancelWalk: notPlayed,
      proposeWalk: notPlayed,
      batchGetWalks: notPlayed,
      checkAcquaintance: notPlayed,
      recordPositions: notPlayed,
    }),
  )

async function startPlainPeer(engines: BenchRun['engines'], running: Running) {
  const brokers = engines.kafka.split(',')
  const admin = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 6 }] })
  const given = { redisUrl: engines.redis, brokers, key: 'walking-buddy-bench:plain', topic }
  const child = await startChild<{ port: number }>(new URL('plain-peer.ts', import.meta.url), {
    args: [JSON.stringify(given)],
  })
  const client = await framePhones(child.said.port, together)
  running.push(
    {
      stop: async () => {
        await admin.deleteTopics({ topics: [topic] })
        await admin.disconnect()
      },
    },
    child,
    client,
  )
  return { pid: child.pid, report: client.report }
}
