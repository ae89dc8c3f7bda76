import {
  IdentityServiceService,
  identityCallers,
  type Revocation,
  type User,
  type WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import {
  type RecordedPosition,
  WalkServiceService,
  WalkStatus,
  type WalkWindow,
  type WatchWalksResponse,
  walkCallers,
} from '@walking-buddy/contracts/grpc/walk'
import { unavailable } from '@walking-buddy/errors'
import { grpcServer, grpcService, type Handlers, type ServiceTokens, watchFeed } from '@walking-buddy/grpc'
import { type Clock, createScope, type Scope } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'

/** What the two share: real gRPC servers that can go away and come back under the same address. */
function standIn(
  name: string,
  tokens: ServiceTokens,
  clock: Clock,
  serve: (scope: Scope) => Promise<ReturnType<typeof grpcService>>,
) {
  let scope: Scope | undefined
  let port = 0
  const log = silentLogger()
  return {
    address: () => `127.0.0.1:${port}`,
    async start() {
      scope = createScope(log)
      const service = await serve(scope)
      const server = grpcServer({
        host: '127.0.0.1',
        port,
        tokens,
        services: [service],
        log,
        metrics: createMetrics({ service: name }),
      })
      port = (await scope.start('grpc', server)).port
    },
    stop: async () => scope?.stop(3_000),
    clock,
  }
}

const unused = async (): Promise<never> => {
  throw unavailable('not-here')
}

/** Identity with accounts in memory. */
export function standInIdentity(tokens: ServiceTokens, clock: Clock) {
  const users = new Map<string, User>()
  const revocations: Revocation[] = []
  const blocks = new Set<string>()
  const asked = { users: 0, pairs: 0 }
  let wake = () => {}
  let mute = false
  const base = standIn('identity', tokens, clock, async scope => {
    const feed = await scope.start(
      'feed',
      watchFeed<Revocation, WatchRevocationsResponse>({
        snapshot: async () => revocations,
        recent: async () => {
          if (mute) throw new Error('muted')
          return revocations
        },
        idOf: ({ id }) => String(id),
        frames: {
          change: value => ({ frame: { $case: 'revocation', value } }),
          snapshotEnd: () => ({ frame: { $case: 'snapshotEnd', value: {} } }),
          beat: at => ({ frame: { $case: 'beat', value: { at } } }),
        },
        beatMs: 100,
        clock,
        log: silentLogger(),
      }),
    )
    wake = feed.wake
    const handlers: Handlers<typeof IdentityServiceService> = {
      async batchGetUsers({ userIds }) {
        asked.users++
        return { users: userIds.flatMap(id => users.get(id) ?? []) }
      },
      async checkPair({ userId, otherUserId }) {
        asked.pairs++
        return { allowed: !blocks.has(`${userId} ${otherUserId}`) && !blocks.has(`${otherUserId} ${userId}`) }
      },
      checkSession: async () => ({ active: true }),
      watchRevocations: (_, send, { signal }) => feed.serve(send, signal),
      listBlocks: unused,
      suspendUser: unused,
      reinstateUser: unused,
      setRoles: unused,
    }
    return grpcService(IdentityServiceService, identityCallers, handlers)
  })

  const revoke = (subject: NonNullable<Revocation['subject']>): void => {
    revocations.push({ id: BigInt(revocations.length + 1), at: new Date(clock.now()), subject })
    wake()
  }
  const change = (userId: string, by: (user: User) => User): User => {
    const before = users.get(userId) ?? newUser(userId)
    const user = by({ ...before, version: before.version + 1 })
    users.set(userId, user)
    return user
  }
  return {
    ...base,
    asked,
    /** The watch goes on without beats. */
    mute: (on: boolean) => {
      mute = on
    },
    consent(userId: string, enabled: boolean): User {
      const user = change(userId, was => ({
        ...was,
        preferences: {
          ...was.preferences!,
          isLocationEnabled: enabled,
          locationConsentVersion: was.preferences!.locationConsentVersion + 1,
        },
      }))
      const consentVersion = user.preferences!.locationConsentVersion
      revoke({ $case: 'locationConsentChanged', value: { userId, enabled, consentVersion } })
      return user
    },
    suspend(userId: string): User {
      const user = change(userId, was => ({ ...was, suspended: true }))
      revoke({ $case: 'userSuspended', value: { userId } })
      return user
    },
    reinstate(userId: string): User {
      const user = change(userId, was => ({ ...was, suspended: false }))
      revoke({ $case: 'userReinstated', value: { userId } })
      return user
    },
    block(blockerId: string, blockedId: string) {
      blocks.add(`${blockerId} ${blockedId}`)
      revoke({ $case: 'pairBlocked', value: { blockerId, blockedId } })
    },
    user: (userId: string) => users.get(userId)!,
    forget: (userId: string) => users.delete(userId),
  }
}

const newUser = (userId: string): User => ({
  userId,
  version: 0,
  username: `user-${userId.slice(0, 8)}`,
  birthYear: 1990,
  birthMonth: 5,
  gender: 0,
  profilePhotoUrl: '',
  verificationLevel: 1,
  roles: ['walker'],
  preferences: {
    searchRadiusMeters: 2_000,
    preferredPace: 1,
    ageRangeMin: 18,
    ageRangeMax: 99,
    genderPreference: 0,
    isLocationEnabled: false,
    readReceipts: true,
    personalisedAds: false,
    locationConsentVersion: 0,
  },
  suspended: false,
  createdAt: new Date(0),
})

/** Walk with windows and tracks in memory. */
export function standInWalk(tokens: ServiceTokens, clock: Clock) {
  const windows = new Map<string, WalkWindow>()
  const changes: WalkWindow[] = []
  const recorded: RecordedPosition[] = []
  let wake = () => {}
  let mute = false
  let heldBack = false
  let release = () => {}
  const base = standIn('walk', tokens, clock, async scope => {
    const feed = await scope.start(
      'feed',
      watchFeed<WalkWindow, WatchWalksResponse>({
        snapshot: async () => [...windows.values()].filter(({ open }) => open),
        recent: async () => {
          if (mute) throw new Error('muted')
          return changes
        },
        idOf: ({ walkId, version, revision }) => `${walkId} ${version} ${revision}`,
        frames: {
          change: value => ({ frame: { $case: 'window', value } }),
          snapshotEnd: () => ({ frame: { $case: 'snapshotEnd', value: {} } }),
          beat: at => ({ frame: { $case: 'beat', value: { at } } }),
        },
        beatMs: 100,
        clock,
        log: silentLogger(),
      }),
    )
    wake = feed.wake
    const handlers: Handlers<typeof WalkServiceService> = {
      watchWalks: (_, send, { signal }) => feed.serve(send, signal),
      async recordPositions(batches, send) {
        for await (const { positions } of batches) {
          if (heldBack) await new Promise<void>(resolve => (release = resolve))
          recorded.push(...positions)
          await send({ durableSequence: positions.at(-1)!.sequence })
        }
      },
      requestWalk: unused,
      acceptWalk: unused,
      declineWalk: unused,
      cancelWalk: unused,
      proposeWalk: unused,
      batchGetWalks: unused,
      checkAcquaintance: unused,
    }
    return grpcService(WalkServiceService, walkCallers, handlers)
  })

  const put = (window: WalkWindow): void => {
    windows.set(window.walkId, window)
    changes.push(window)
    wake()
  }
  return {
    ...base,
    recorded,
    mute: (on: boolean) => {
      mute = on
    },
    /** Points are taken, but not made durable until released. */
    holdBack(on: boolean) {
      heldBack = on
      if (!on) release()
    },
    begin(walkId: string, initiatorId: string, partnerId: string, about: Partial<WalkWindow> = {}) {
      const now = clock.now()
      put({
        walkId,
        version: 2,
        revision: 0,
        open: true,
        initiatorId,
        partnerId,
        status: WalkStatus.ACCEPTED,
        shareFrom: new Date(now - 1_000),
        shareUntil: new Date(now + 3_600_000),
        initiatorShares: true,
        partnerShares: true,
        ...about,
      })
    },
    change(walkId: string, about: Partial<WalkWindow>) {
      const before = windows.get(walkId)!
      put({ ...before, version: before.version + 1, ...about })
    },
  }
}
