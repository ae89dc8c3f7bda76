import type { IdentityServiceService } from '@walking-buddy/contracts/grpc/identity'
import type { Client } from '@walking-buddy/grpc'
import type { AccountOwner } from '../../../application/ports.ts'
import { accountOf } from '../../wire/account.ts'

/** Identity's word on accounts. */
export const identityAccounts = (identity: Client<typeof IdentityServiceService>): AccountOwner => ({
  find: async userIds => (await identity.batchGetUsers({ userIds: [...userIds] })).users.map(accountOf),
  mayMeet: async (userId, otherUserId) => (await identity.checkPair({ userId, otherUserId })).allowed,
})
