import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Authenticate, accessTokens, authenticator } from '@walking-buddy/access'
import { areaOf, cellAt } from '@walking-buddy/cells'
import { matchingOperations } from '@walking-buddy/contracts/rest'
import { type Handlers, httpEdge } from '@walking-buddy/http'
import { systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { connectRedis, geoSearch } from './redis-town.ts'
import { type Inhabitant, inhabitantsOf, lastSeen, type Town } from './town.ts'

/** What stands beside the service: the same edge and sign-in, with something else behind it. */
export type HttpPeer =
  /** GEOSEARCH by the ordinary client, profiles from memory. */
  | { kind: 'redis'; jwksUrl: string; redisUrl: string; key: string; town: Town }
  /** Nothing: the same bytes each time. */
  | { kind: 'echo'; jwksUrl: string; body: string }
  /** The same bytes without edge and sign-in: what Node itself can do. */
  | { kind: 'bare'; body: string }

const peer = JSON.parse(process.argv[2]!) as HttpPeer
const say = (port: number): void => console.log(JSON.stringify({ port }))

if (peer.kind === 'bare') {
  const { body } = peer
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  }
  const server = createServer((_request, response) => response.writeHead(200, headers).end(body))
  server.listen(0, '127.0.0.1', () => say((server.address() as AddressInfo).port))
} else {
  const handlers = peer.kind === 'echo' ? echo(peer.body) : await redisBacked(peer)
  const part = httpEdge({
    config: { host: '127.0.0.1', port: 0, minimumVersions: {} },
    operations: matchingOperations,
    handlers,
    authenticate: authenticateBy(peer.jwksUrl),
    log: silentLogger(),
    metrics: createMetrics({ service: 'peer' }),
    clock: systemClock,
  })
  say((await part('http')).value.port)
}
process.once('SIGTERM', () => process.exit(0))

function authenticateBy(jwksUrl: string): Authenticate {
  const tokens = accessTokens({
    jwksUrl,
    issuer: 'walking-buddy',
    audience: 'walking-buddy-api',
    clock: systemClock,
  })
  return authenticator(tokens, { assertActive: async () => {} })
}

type NearbyHandlers = Handlers<typeof matchingOperations>

function echo(body: string): NearbyHandlers {
  const answer = JSON.parse(body)
  return { listNearby: async () => ({ status: 200, body: answer }) }
}

async function redisBacked({
  redisUrl,
  key,
  town,
}: Extract<HttpPeer, { kind: 'redis' }>): Promise<NearbyHandlers> {
  const client = await connectRedis(redisUrl)
  const people = new Map<string, Inhabitant>()
  for (const inhabitant of inhabitantsOf(town)) people.set(inhabitant.userId, inhabitant)
  return {
    async listNearby(_input, { caller }) {
      const found = await geoSearch(client, key, caller.userId)
      const items = found
        .filter(({ member }) => member !== caller.userId)
        .map(({ member, distance }) => {
          const { userId, username, lat, lng } = people.get(String(member))!
          return {
            userId,
            username,
            age: 36,
            gender: null,
            preferredPace: 'any' as const,
            profilePhotoUrl: null,
            area: areaOf(cellAt(lat, lng, 200)),
            distanceMeters: Math.round(Number(distance)),
            lastSeen: lastSeen.toISOString(),
          }
        })
      return { status: 200, body: { items, asOf: new Date().toISOString() } }
    },
  }
}
