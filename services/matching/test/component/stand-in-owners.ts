import {
  Gender,
  IdentityServiceService,
  identityCallers,
  Pace,
  type Revocation,
  type User,
  type WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import {
  LocationServiceService,
  locationCallers,
  type PublishedPresence,
} from '@walking-buddy/contracts/grpc/location'
import { internal, unavailable } from '@walking-buddy/errors'
import { grpcServer, grpcService, type Send, serviceTokens } from '@walking-buddy/grpc'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'

const secretText = 'a secret that the services of these tests share'
export const sharedSecret: Secret = { reveal: () => secretText }

type Owner = 'identity' | 'location'

const notPlayed = async (): Promise<never> => {
  throw internal('not-played', 'The stand-in does not play this.')
}

/** identity and location as far as matching asks them, over real gRPC; what they know is up to the test. */
export async function standInOwners() {
  const users = new Map<string, User>()
  const blocks = new Map<string, Set<string>>()
  const presences = new Map<string, PublishedPresence>()
  const down = new Set<Owner>()
  const calls: string[] = []
  const watching = new Set<Send<WatchRevocationsResponse>>()
  const revoked: Revocation[] = []
  let beating = true
  let listings = 0

  const asked = (owner: Owner, method: string) => {
    calls.push(method)
    if (down.has(owner)) throw unavailable('unavailable', 'down')
  }
  const revocationFrame = (revocation: Revocation): WatchRevocationsResponse => ({
    frame: { $case: 'revocation', value: revocation },
  })

  const services = {
    identity: grpcService(IdentityServiceService, identityCallers, {
      async batchGetUsers({ userIds }) {
        asked('identity', 'batchGetUsers')
        return { users: userIds.flatMap(id => users.get(id) ?? []) }
      },
      async listBlocks({ userId }) {
        asked('identity', 'listBlocks')
        return {
          blockedUserIds: [...(blocks.get(userId) ?? [])],
          blockedByUserIds: [...blocks]
            .filter(([, blocked]) => blocked.has(userId))
            .map(([blocker]) => blocker),
        }
      },
      async checkSession() {
        asked('identity', 'checkSession')
        return { active: true }
      },
      async watchRevocations(_request, send, { signal }) {
        for (const revocation of revoked) await send(revocationFrame(revocation))
        await send({ frame: { $case: 'snapshotEnd', value: {} } })
        watching.add(send)
        const beat = setInterval(() => {
          if (beating)
            send({ frame: { $case: 'beat', value: { at: new Date() } } }).catch(() => clearInterval(beat))
        }, 250)
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        clearInterval(beat)
        watching.delete(send)
      },
      checkPair: notPlayed,
      suspendUser: notPlayed,
      reinstateUser: notPlayed,
      setRoles: notPlayed,
    }),
    location: grpcService(LocationServiceService, locationCallers, {
      async listPublished(_request, send) {
        asked('location', 'listPublished')
        listings += 1
        await send({ presences: [...presences.values()].filter(presence => presence.cell !== '') })
      },
      async batchGetPublished({ userIds }) {
        asked('location', 'batchGetPublished')
        return {
          presences: userIds.flatMap(id => presences.get(id) ?? []).filter(presence => presence.cell !== ''),
        }
      },
      streamPositions: notPlayed,
      setAvailability: notPlayed,
    }),
  }
  const start = async (service: Owner) => {
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
  const [identity, location] = await Promise.all([start('identity'), start('location')])

  return {
    identity,
    location,
    users,
    blocks,
    presences,
    /** Owners that answer UNAVAILABLE. */
    down,
    /** Methods that were called, in order. */
    calls,
    /** How often everyone visible was read. */
    listings: () => listings,
    /** Tells all who watch, and those who connect later. */
    async revoke(subject: NonNullable<Revocation['subject']>): Promise<void> {
      const revocation: Revocation = { id: BigInt(revoked.length + 1), at: new Date(), subject }
      revoked.push(revocation)
      await Promise.all([...watching].map(send => send(revocationFrame(revocation))))
    },
    /** From now on the watch beats, or is silent. */
    beat(on: boolean): void {
      beating = on
    },
    stop: async () => {
      await Promise.all([identity.stop(), location.stop()])
    },
  }
}

export const userOf = (
  userId: string,
  given: Partial<Omit<User, 'preferences'>> & { preferences?: Partial<User['preferences']> } = {},
): User => ({
  userId,
  version: 1,
  username: `walker-${userId.slice(0, 6)}`,
  birthYear: 1990,
  birthMonth: 5,
  gender: Gender.FEMALE,
  profilePhotoUrl: '',
  verificationLevel: 1,
  roles: ['walker'],
  suspended: false,
  ...given,
  preferences: {
    searchRadiusMeters: 5_000,
    preferredPace: Pace.ANY,
    ageRangeMin: 18,
    ageRangeMax: 100,
    genderPreference: Gender.UNSPECIFIED,
    isLocationEnabled: true,
    readReceipts: true,
    personalisedAds: false,
    locationConsentVersion: 1,
    ...given.preferences,
  },
})
