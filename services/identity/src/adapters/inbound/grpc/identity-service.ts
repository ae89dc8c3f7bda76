import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { invalid } from '@walking-buddy/errors'
import { grpcService, type ServedService } from '@walking-buddy/grpc'
import { z } from 'zod'
import type { Application } from '../../../application/index.ts'
import { userOf } from '../../wire/user.ts'
import type { RevocationFeed } from './revocation-feed.ts'

const mostIds = 500
const uuid = z.guid()

/** What other services, and operators, ask of identity. */
export function identityService(app: Application, feed: RevocationFeed): ServedService {
  return grpcService(IdentityServiceService, identityCallers, {
    async batchGetUsers({ userIds }) {
      if (userIds.length > mostIds) throw invalid('invalid-request', `At most ${mostIds} ids at once.`)
      return { users: (await app.findAccounts(ids(...userIds))).map(userOf) }
    },
    async checkPair({ userId, otherUserId }) {
      const [one, other] = ids(userId, otherUserId)
      return { allowed: await app.checkPair(one!, other!) }
    },
    async checkSession({ sessionId, userId }) {
      const [session, user] = ids(sessionId, userId)
      return { active: await app.checkSession(session!, user!) }
    },
    watchRevocations: (_request, send, { signal }) => feed.serve(send, signal),
    async listBlocks({ userId }) {
      const { blockedIds, blockedByIds } = await app.findBlocksAround(ids(userId)[0]!)
      return { blockedUserIds: blockedIds, blockedByUserIds: blockedByIds }
    },
    async suspendUser({ userId }) {
      await app.suspendUser(ids(userId)[0]!)
      return {}
    },
    async reinstateUser({ userId }) {
      await app.reinstateUser(ids(userId)[0]!)
      return {}
    },
    async setRoles({ userId, roles }) {
      await app.setRoles(ids(userId)[0]!, roles)
      return {}
    },
  })
}

function ids(...given: readonly string[]): string[] {
  if (!given.every(id => uuid.safeParse(id).success)) throw invalid('invalid-request', 'Ids are UUIDs.')
  return given.map(id => id.toLowerCase())
}
