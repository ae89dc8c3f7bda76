import {
  Gender,
  IdentityServiceService,
  identityCallers,
  Pace,
  type User,
} from '@walking-buddy/contracts/grpc/identity'
import { grpcService } from '@walking-buddy/grpc'
import { systemClock } from '@walking-buddy/service-kit'
import { notPlayed, servePeer } from './serve-peer.ts'

/** identity, knowing these people, whose sessions all live and who block nobody. */
export function serveIdentity(
  people: Iterable<{ userId: string; username: string }>,
  searchRadiusMeters: number,
) {
  const users = new Map<string, User>()
  for (const { userId, username } of people) users.set(userId, userOf(userId, username, searchRadiusMeters))
  return servePeer(
    'identity',
    grpcService(IdentityServiceService, identityCallers, {
      async batchGetUsers({ userIds }) {
        return { users: userIds.flatMap(id => users.get(id) ?? []) }
      },
      listBlocks: async () => ({ blockedUserIds: [], blockedByUserIds: [] }),
      checkSession: async () => ({ active: true }),
      checkPair: async () => ({ allowed: true }),
      async watchRevocations(_request, send, { signal }) {
        await send({ frame: { $case: 'snapshotEnd', value: {} } })
        while (!signal.aborted) {
          await send({ frame: { $case: 'beat', value: { at: new Date() } } })
          await systemClock.delay(250, signal)
        }
      },
      suspendUser: notPlayed,
      reinstateUser: notPlayed,
      setRoles: notPlayed,
    }),
  )
}

const userOf = (userId: string, username: string, searchRadiusMeters: number): User => ({
  userId,
  version: 1,
  username,
  birthYear: 1990,
  birthMonth: 5,
  gender: Gender.UNSPECIFIED,
  profilePhotoUrl: '',
  verificationLevel: 1,
  roles: ['walker'],
  suspended: false,
  preferences: {
    searchRadiusMeters,
    preferredPace: Pace.ANY,
    ageRangeMin: 18,
    ageRangeMax: 100,
    genderPreference: Gender.UNSPECIFIED,
    isLocationEnabled: true,
    readReceipts: true,
    personalisedAds: false,
    locationConsentVersion: 1,
  },
})
