import type { UserChanged } from '@walking-buddy/contracts/grpc/identity'
import {
  locationUpdated,
  userBlocked,
  userPreferencesUpdated,
  userProfileUpdated,
  userRegistered,
  userSuspended,
} from '@walking-buddy/contracts/topics'
import { invalid } from '@walking-buddy/errors'
import { on, type Subscription } from '@walking-buddy/kafka'
import type { Walkers } from '../../../domain/walkers.ts'
import { accountOf, blockListOf } from '../../wire/account.ts'
import { presenceOf } from '../../wire/presence.ts'

/** What the topics of identity and location tell of people. A tombstone of identity's is an erasure. */
export function facts(walkers: Walkers): Subscription[] {
  const accountChanged = async ({ value }: { value: UserChanged }): Promise<void> => {
    if (!value.user) throw invalid('event-without-user')
    walkers.learnAccount(accountOf(value.user))
  }
  const erased = async ({ key }: { key: string }): Promise<void> => walkers.erase(key)
  return [
    ...[userRegistered, userProfileUpdated, userPreferencesUpdated, userSuspended].map(codec =>
      on(codec, accountChanged, erased),
    ),
    on(userBlocked, async ({ value }) => walkers.learnBlocks(blockListOf(value)), erased),
    on(
      locationUpdated,
      async ({ value }) => {
        if (!value.presence) throw invalid('event-without-presence')
        walkers.learnPresence(presenceOf(value.presence))
      },
      async ({ key }) => walkers.forgetPresence(key),
    ),
  ]
}
