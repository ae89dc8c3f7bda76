import { MatchingServiceService, matchingCallers } from '@walking-buddy/contracts/grpc/matching'
import { WalkServiceService, walkCallers } from '@walking-buddy/contracts/grpc/walk'
import { internal, unavailable } from '@walking-buddy/errors'
import { grpcServer, grpcService, serviceTokens } from '@walking-buddy/grpc'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'

const secretText = 'a secret that the services of these tests share'
export const sharedSecret: Secret = { reveal: () => secretText }

const notPlayed = async (): Promise<never> => {
  throw internal('not-played', 'The stand-in does not play this.')
}

/** matching and walk as far as identity asks them, over real gRPC: whom they know is up to the test. */
export async function standInPeers() {
  const listed = new Set<string>()
  const acquainted = new Set<string>()
  const down = new Set<'matching' | 'walk'>()
  const calls: string[] = []
  const asked = (peer: 'matching' | 'walk') => {
    calls.push(peer)
    if (down.has(peer)) throw unavailable('unavailable', 'down')
  }

  const services = {
    matching: grpcService(MatchingServiceService, matchingCallers, {
      async checkListed({ viewerId, subjectIds }) {
        asked('matching')
        return { listedIds: subjectIds.filter(subjectId => listed.has(pair(viewerId, subjectId))) }
      },
      watchNearby: notPlayed,
    }),
    walk: grpcService(WalkServiceService, walkCallers, {
      async checkAcquaintance({ userId, otherUserId }) {
        asked('walk')
        return { acquainted: acquainted.has(pair(userId, otherUserId)) }
      },
      requestWalk: notPlayed,
      acceptWalk: notPlayed,
      declineWalk: notPlayed,
      cancelWalk: notPlayed,
      proposeWalk: notPlayed,
      batchGetWalks: notPlayed,
      watchWalks: notPlayed,
      recordPositions: notPlayed,
    }),
  }
  const start = async (service: keyof typeof services) => {
    const part = grpcServer({
      host: '127.0.0.1',
      port: 0,
      tokens: serviceTokens({ service, secret: sharedSecret, clock: systemClock }),
      services: [services[service]],
      log: silentLogger(),
      metrics: createMetrics({ service }),
    })
    const { value, stop } = await part(service)
    return { address: `127.0.0.1:${value.port}`, stop: () => stop!(AbortSignal.timeout(2_000)) }
  }
  const [matching, walk] = await Promise.all([start('matching'), start('walk')])
  return {
    matching,
    walk,
    /** On whose nearby list is whom. */
    list: (viewerId: string, subjectId: string) => listed.add(pair(viewerId, subjectId)),
    acquaint: (one: string, other: string) => {
      acquainted.add(pair(one, other))
      acquainted.add(pair(other, one))
    },
    /** Peers that answer UNAVAILABLE. */
    down,
    /** Who was asked, in order. */
    calls,
    stop: async () => {
      await Promise.all([matching.stop(), walk.stop()])
    },
  }
}

const pair = (from: string, to: string) => `${from}>${to}`
