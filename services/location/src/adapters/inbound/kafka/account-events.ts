import type { UserChanged } from '@walking-buddy/contracts/grpc/identity'
import {
  userPreferencesUpdated,
  userProfileUpdated,
  userRegistered,
  userSuspended,
} from '@walking-buddy/contracts/topics'
import { invalid } from '@walking-buddy/errors'
import { on, type Subscription } from '@walking-buddy/kafka'
import type { LearnAccount } from '../../../application/index.ts'
import { accountOf } from '../../wire/account.ts'

/** Accounts as identity's topics tell of them; a tombstone erases. */
export function accountEvents(learn: LearnAccount): Subscription[] {
  const changed = async ({ value }: { value: UserChanged }): Promise<void> => {
    if (!value.user) throw invalid('event-without-user')
    await learn.changed(accountOf(value.user))
  }
  const erased = ({ key }: { key: string }): Promise<void> => learn.erased(key)
  return [userRegistered, userProfileUpdated, userPreferencesUpdated, userSuspended].map(codec =>
    on(codec, changed, erased),
  )
}
