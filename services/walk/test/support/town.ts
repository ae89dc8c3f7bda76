import { randomUUID } from 'node:crypto'
import {
  IdentityServiceService,
  identityCallers,
  type Revocation,
  User,
  type WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import { MatchingServiceService, matchingCallers } from '@walking-buddy/contracts/grpc/matching'
import { unavailable } from '@walking-buddy/errors'
import { grpcServer, grpcService, serviceTokens, watchFeed } from '@walking-buddy/grpc'
import { type Clock, type Scope, secret, systemIdentifiers } from '@walking-buddy/service-kit'
import { createMetrics, type Logger } from '@walking-buddy/telemetry'

export const serviceSecret = 'a secret that only the tests of walk have'

/** Who there is, who blocks whom, who sees whom: what identity and matching would say, over real gRPC. */
export interface Town {
  identityAddress: string
  matchingAddress: string
  users: Map<string, User>
  /** Questions asked so far, by method. */
  asked: Record<string, number>
  newcomer(name?: string): User
  /** `viewer` has `subject` on the nearby list. */
  list(viewerId: string, subjectId: string): void
  unlist(viewerId: string, subjectId: string): void
  block(blockerId: string, blockedId: string): void
  unblock(blockerId: string, blockedId: string): void
  suspend(userId: string): void
  /** As `block`, but the watch does not tell. */
  blockSilently(blockerId: string, blockedId: string): void
  suspendSilently(userId: string): User
  /** Whether identity or matching answer at all. */
  silence(service: 'identity' | 'matching', silent: boolean): void
}

export async function town(scope: Scope, { clock, log }: { clock: Clock; log: Logger }): Promise<Town> {
  const users = new Map<string, User>()
  const blocks = new Set<string>()
  const listed = new Set<string>()
  const revocations: Revocation[] = []
  const silent = new Set<string>()
  const asked: Record<string, number> = {}
  const pair = (a: string, b: string): string => `${a}>${b}`
  const answer = (service: string, method: string): void => {
    asked[method] = (asked[method] ?? 0) + 1
    if (silent.has(service)) throw unavailable('silent')
  }
  const revoke = (subject: NonNullable<Revocation['subject']>): void => {
    revocations.push({ id: BigInt(revocations.length + 1), at: new Date(clock.now()), subject })
    feed.wake()
  }
  const isActive = (userId: string): boolean => users.has(userId) && !users.get(userId)!.suspended

  const suspended = (userId: string): User => {
    const user = { ...users.get(userId)!, suspended: true }
    user.version += 1
    users.set(userId, user)
    return user
  }

  const feed = await scope.start(
    'town revocations',
    watchFeed<Revocation, WatchRevocationsResponse>({
      snapshot: async () => revocations,
      recent: async () => {
        if (silent.has('identity')) throw new Error('silent')
        return revocations
      },
      idOf: ({ id }) => String(id),
      frames: {
        change: revocation => ({ frame: { $case: 'revocation', value: revocation } }),
        snapshotEnd: () => ({ frame: { $case: 'snapshotEnd', value: {} } }),
        beat: at => ({ frame: { $case: 'beat', value: { at } } }),
      },
      beatMs: 250,
      clock,
      log,
    }),
  )
  const unused = async (): Promise<never> => {
    throw new Error('not part of this town')
  }
  const identity = grpcService(IdentityServiceService, identityCallers, {
    batchGetUsers: async ({ userIds }) => {
      answer('identity', 'batchGetUsers')
      return { users: userIds.flatMap(id => users.get(id) ?? []) }
    },
    checkPair: async ({ userId, otherUserId }) => {
      answer('identity', 'checkPair')
      const blocked = blocks.has(pair(userId, otherUserId)) || blocks.has(pair(otherUserId, userId))
      return { allowed: isActive(userId) && isActive(otherUserId) && !blocked }
    },
    checkSession: async ({ userId }) => {
      answer('identity', 'checkSession')
      return { active: isActive(userId) }
    },
    watchRevocations: (_request, send, { signal }) => feed.serve(send, signal),
    listBlocks: unused,
    suspendUser: unused,
    reinstateUser: unused,
    setRoles: unused,
  })
  const matching = grpcService(MatchingServiceService, matchingCallers, {
    checkListed: async ({ viewerId, subjectIds }) => {
      answer('matching', 'checkListed')
      return { listedIds: subjectIds.filter(id => listed.has(pair(viewerId, id))) }
    },
    watchNearby: unused,
  })
  const serve = async (service: 'identity' | 'matching', served: typeof identity): Promise<string> => {
    const tokens = serviceTokens({ service, secret: secret().parse(serviceSecret), clock })
    const { port } = await scope.start(
      service,
      grpcServer({
        host: '127.0.0.1',
        port: 0,
        tokens,
        services: [served],
        log,
        metrics: createMetrics({ service }),
      }),
    )
    return `127.0.0.1:${port}`
  }

  return {
    identityAddress: await serve('identity', identity),
    matchingAddress: await serve('matching', matching),
    users,
    asked,
    newcomer(name = `walker.${systemIdentifiers.bytes(4).toString('hex')}`) {
      const user = User.fromPartial({
        userId: randomUUID(),
        version: 1,
        username: name,
        birthYear: 1990,
        birthMonth: 3,
        profilePhotoUrl: '',
      })
      users.set(user.userId, user)
      return user
    },
    list: (viewerId, subjectId) => void listed.add(pair(viewerId, subjectId)),
    unlist: (viewerId, subjectId) => void listed.delete(pair(viewerId, subjectId)),
    block(blockerId, blockedId) {
      blocks.add(pair(blockerId, blockedId))
      revoke({ $case: 'pairBlocked', value: { blockerId, blockedId } })
    },
    unblock(blockerId, blockedId) {
      blocks.delete(pair(blockerId, blockedId))
      revoke({ $case: 'pairUnblocked', value: { blockerId, blockedId } })
    },
    suspend(userId) {
      suspended(userId)
      revoke({ $case: 'userSuspended', value: { userId } })
    },
    blockSilently: (blockerId, blockedId) => void blocks.add(pair(blockerId, blockedId)),
    suspendSilently: suspended,
    silence: (service, isSilent) => void (isSilent ? silent.add(service) : silent.delete(service)),
  }
}
