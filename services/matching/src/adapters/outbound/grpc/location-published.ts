import type { LocationServiceService } from '@walking-buddy/contracts/grpc/location'
import type { Client } from '@walking-buddy/grpc'
import type { Published } from '../../../application/ports.ts'
import { presenceOf } from '../../wire/presence.ts'
import { answered, inTime } from './answered.ts'

export const locationPublished = (
  location: Pick<Client<typeof LocationServiceService>, 'listPublished' | 'batchGetPublished'>,
): Published => ({
  async *all(signal) {
    for await (const { presences } of location.listPublished({}, { signal })) yield presences.map(presenceOf)
  },
  byIds: async userIds =>
    (await answered(location.batchGetPublished({ userIds: [...userIds] }, inTime))).presences.map(presenceOf),
})
