import type { IdentityServiceService } from '@walking-buddy/contracts/grpc/identity'
import type { Client } from '@walking-buddy/grpc'
import type { Identity } from '../../../application/ports.ts'
import { personOf } from '../../person-message.ts'
import { answered } from './answered.ts'

export const identityClient = (client: Client<typeof IdentityServiceService>): Identity => ({
  mayMeet: async (userId, otherUserId) => (await answered(client.checkPair({ userId, otherUserId }))).allowed,
  people: async userIds =>
    (await answered(client.batchGetUsers({ userIds: [...userIds] }))).users.map(personOf),
})
