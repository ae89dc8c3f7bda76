import { cellToken } from '@walking-buddy/cells'
import {
  Gender,
  IdentityServiceService,
  identityCallers,
  Pace,
  type User,
} from '@walking-buddy/contracts/grpc/identity'
import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { internal } from '@walking-buddy/errors'
import { grpcServer, grpcService, serviceTokens } from '@walking-buddy/grpc'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { accountOf, type Inhabitant, lastSeen } from './town.ts'

export const serviceSecret: Secret = { reveal: () => 'a secret for benchmarks, shared by all services' }

const notPlayed = async (): Promise<never> => {
  throw internal('not-played')
}

/** identity and location, as far as matching asks them, knowing the people of a town. */
export async function startOwners(inhabitants: readonly Inhabitant[]) {
  const users = new Map(inhabitants.map(inhabitant => [inhabitant.userId, userOf(inhabitant)]))
  const identity = grpcService(IdentityServiceService, identityCallers, {
    async batchGetUsers({ userIds }) {
      return { users: userIds.flatMap(id => users.get(id) ?? []) }
    },
    async listBlocks() {
      return { blockedUserIds: [], blockedByUserIds: [] }
    },
    async checkSession() {
      return { active: true }
    },
    async watchRevocations(_request, send, { signal }) {
      await send({ frame: { $case: 'snapshotEnd', value: {} } })
      while (!signal.aborted) {
        await send({ frame: { $case: 'beat', value: { at: new Date() } } })
        await systemClock.delay(250, signal)
      }
    },
    checkPair: notPlayed,
    suspendUser: notPlayed,
    reinstateUser: notPlayed,
    setRoles: notPlayed,
  })
  const presenceOf = ({ userId, cell }: Inhabitant) => ({
    userId,
    version: 1,
    cell: cellToken(cell),
    publishedAt: lastSeen,
    lastSeen,
  })
  const location = grpcService(LocationServiceService, locationCallers, {
    async listPublished(_request, send) {
      for (let from = 0; from < inhabitants.length; from += 1_000)
        await send({ presences: inhabitants.slice(from, from + 1_000).map(presenceOf) })
    },
    batchGetPublished: notPlayed,
    streamPositions: notPlayed,
    setAvailability: notPlayed,
  })
  const start = async (service: string, served: typeof identity) => {
    const part = grpcServer({
      host: '127.0.0.1',
      port: 0,
      tokens: serviceTokens({ service, secret: serviceSecret, clock: systemClock }),
      services: [served],
      log: silentLogger(),
      metrics: createMetrics({ service }),
    })
    const { value, stop } = await part(service)
    return { address: `127.0.0.1:${value.port}`, stop: () => stop!(AbortSignal.timeout(1_000)) }
  }
  const [atIdentity, atLocation] = [await start('identity', identity), await start('location', location)]
  return {
    identity: atIdentity.address,
    location: atLocation.address,
    stop: async () => {
      await atIdentity.stop()
      await atLocation.stop()
    },
  }
}

function userOf(inhabitant: Inhabitant): User {
  const { traits, ...account } = accountOf(inhabitant)
  return {
    userId: account.userId,
    version: account.version,
    username: account.username,
    birthYear: traits.birthYear,
    birthMonth: traits.birthMonth,
    gender: Gender.UNSPECIFIED,
    profilePhotoUrl: '',
    verificationLevel: 1,
    roles: ['walker'],
    suspended: false,
    preferences: {
      searchRadiusMeters: traits.searchRadiusMeters,
      preferredPace: Pace.ANY,
      ageRangeMin: traits.ageRangeMin,
      ageRangeMax: traits.ageRangeMax,
      genderPreference: Gender.UNSPECIFIED,
      isLocationEnabled: true,
      readReceipts: true,
      personalisedAds: false,
      locationConsentVersion: 1,
    },
  }
}
