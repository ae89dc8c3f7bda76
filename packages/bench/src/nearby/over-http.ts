import { cellToken } from '@walking-buddy/cells'
import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { grpcService } from '@walking-buddy/grpc'
import type { BenchRun } from '../main.ts'
import { startChild } from '../measure/child.ts'
import { residentMibOf } from '../measure/cpu-time.ts'
import { closedLoop, openLoop } from '../measure/load.ts'
import { type RawHttp, rawHttp, requestBytes } from '../measure/raw-http.ts'
import { type Contender, inRounds } from '../measure/rounds.ts'
import { serveAccessKeys } from '../peers/access-keys.ts'
import { serveIdentity } from '../peers/identity.ts'
import { notPlayed, servePeer } from '../peers/serve-peer.ts'
import { startService } from '../peers/service-process.ts'
import { measuredTable, rateOf } from '../report/measured-table.ts'
import type { HttpPeer } from './http-peer.ts'
import { fillRedis, type RedisClient } from './redis-town.ts'
import { type Inhabitant, inhabitantsOf, lastSeen, radiusMeters, type Town, viewersOf } from './town.ts'

const connections = 32
const names = {
  service: 'matching',
  redis: 'the same edge over GEOSEARCH',
  echo: 'no-op, the same edge',
  bare: 'no-op, bare node:http',
}

/** The service as it runs, by its own port, beside the same edge with something else behind it. */
export async function overHttp(
  run: BenchRun,
  redis: RedisClient,
  keyOf: (town: Town) => string,
  people: number,
): Promise<void> {
  const { engines, report } = run
  report.section('GET /api/users/nearby of the running service')
  const keys = await serveAccessKeys()
  try {
    for (const inRadius of [800, 200, 30]) {
      const town: Town = { people, inRadius }
      await fillRedis(redis, keyOf(town), inhabitantsOf(town))
      const viewers = viewersOf(town, 500)
      const requests = await Promise.all(
        viewers.map(async ({ userId }) =>
          requestBytes({ path: '/api/users/nearby', token: await keys.sign(userId) }),
        ),
      )
      const running: { stop: () => Promise<void> | void }[] = []
      try {
        const service = await startMatching(run, town, keys.jwksUrl)
        running.push(...service.all)
        const client = await rawHttp(service.port, connections)
        for (const request of requests) await client.send(request)
        client.close()
        const body = await bodyOf(service.port, await keys.sign(viewers[0]!.userId))
        const peers = await Promise.all(
          peersOf({ keys, engines, town, key: keyOf(town), body, all: inRadius === 200 }).map(
            async ({ name, peer }) => {
              const child = await startChild<{ port: number }>(new URL('http-peer.ts', import.meta.url), {
                args: [JSON.stringify(peer)],
              })
              running.push(child)
              return { name, pid: child.pid, port: child.said.port }
            },
          ),
        )
        const servers = await Promise.all(
          [{ name: names.service, pid: service.pid, port: service.port }, ...peers].map(async server => {
            const http = await rawHttp(server.port, connections)
            running.push({ stop: () => http.close() })
            return { ...server, http }
          }),
        )
        const measured = await inRounds(
          servers.map(server => saturated(server, requests)),
          run,
        )
        report.table(
          measuredTable(
            `~${inRadius} within the radius, ${connections} connections`,
            measured,
            names.redis,
            `answers of ${body.length} bytes; matching has ${Math.round(residentMibOf(service.pid) ?? 0)} MiB with ${people.toLocaleString('en')} people`,
          ),
        )
        if (inRadius !== 200) continue
        report.goal({
          goal: 'echo efficiency',
          bound: 'least',
          target: 80,
          measured: (100 * rateOf(measured, names.service)) / rateOf(measured, names.echo),
          unit: ' %',
        })
        const perSecond = Math.floor(rateOf(measured, names.service) / 2)
        const paced = await inRounds(
          servers
            .filter(({ name }) => name !== names.bare && name !== names.redis)
            .map(server => steady(server, requests, perSecond)),
          run,
        )
        report.table(
          measuredTable(
            `Latency at half of what matching can do, ${perSecond} a second, from the intended moment`,
            paced,
            names.echo,
          ),
        )
      } finally {
        for (const { stop } of running.reverse()) await stop()
      }
    }
  } finally {
    keys.stop()
  }
}

interface Server {
  name: string
  pid: number
  http: RawHttp
}

const saturated = ({ name, pid, http }: Server, requests: readonly Buffer[]): Contender => {
  let turn = 0
  return {
    name,
    processes: { server: pid },
    run: ms => closedLoop(() => http.send(requests[turn++ % requests.length]!), connections, ms),
  }
}

const steady = ({ name, pid, http }: Server, requests: readonly Buffer[], perSecond: number): Contender => {
  let turn = 0
  return {
    name,
    processes: { server: pid },
    run: ms => openLoop(() => http.send(requests[turn++ % requests.length]!), perSecond, ms),
  }
}

function peersOf(given: {
  keys: { jwksUrl: string }
  engines: BenchRun['engines']
  town: Town
  key: string
  body: string
  all: boolean
}): { name: string; peer: HttpPeer }[] {
  const { keys, engines, town, key, body } = given
  const redis: HttpPeer = { kind: 'redis', jwksUrl: keys.jwksUrl, redisUrl: engines.redis, key, town }
  if (!given.all) return [{ name: names.redis, peer: redis }]
  return [
    { name: names.redis, peer: redis },
    { name: names.echo, peer: { kind: 'echo', jwksUrl: keys.jwksUrl, body } },
    { name: names.bare, peer: { kind: 'bare', body } },
  ]
}

/** matching's own process, with owners that know the town. */
async function startMatching(run: BenchRun, town: Town, jwksUrl: string) {
  const inhabitants = [...inhabitantsOf(town)]
  const identity = await serveIdentity(inhabitants, radiusMeters)
  const location = await serveLocation(inhabitants)
  const service = await startService('matching', run, {
    JWKS_URL: jwksUrl,
    IDENTITY_GRPC: identity.address,
    LOCATION_GRPC: location.address,
  })
  // Accounts are asked for at identity, many at a time, once the service is ready.
  for (const endMs = performance.now() + 60_000; ; ) {
    if ((await service.metric(/^nearby_people\{[^}]*state="listed"[^}]*\} (\d+)/m)) === town.people) break
    if (performance.now() > endMs) throw new Error('matching did not learn of everyone within a minute')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return { ...service, all: [identity, location, service] }
}

const serveLocation = (inhabitants: readonly Inhabitant[]) =>
  servePeer(
    'location',
    grpcService(LocationServiceService, locationCallers, {
      async listPublished(_request, send) {
        const presenceOf = ({ userId, cell }: Inhabitant) => ({
          userId,
          version: 1,
          cell: cellToken(cell),
          publishedAt: lastSeen,
          lastSeen,
        })
        for (let from = 0; from < inhabitants.length; from += 1_000)
          await send({ presences: inhabitants.slice(from, from + 1_000).map(presenceOf) })
      },
      batchGetPublished: notPlayed,
      streamPositions: notPlayed,
      setAvailability: notPlayed,
    }),
  )

async function bodyOf(port: number, token: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/users/nearby`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return response.text()
}
