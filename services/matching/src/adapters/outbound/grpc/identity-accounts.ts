import type { IdentityServiceService } from '@walking-buddy/contracts/grpc/identity'
import type { Client } from '@walking-buddy/grpc'
import type { Accounts } from '../../../application/ports.ts'
import { accountOf } from '../../wire/account.ts'
import { answered, inTime } from './answered.ts'

export const identityAccounts = (
  identity: Pick<Client<typeof IdentityServiceService>, 'batchGetUsers' | 'listBlocks'>,
): Accounts => ({
  byIds: async userIds =>
    (await answered(identity.batchGetUsers({ userIds: [...userIds] }, inTime))).users.map(accountOf),
  async apartFrom(userId) {
    const { blockedUserIds, blockedByUserIds } = await answered(identity.listBlocks({ userId }, inTime))
    return [...blockedUserIds, ...blockedByUserIds]
  },
})
