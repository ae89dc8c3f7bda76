import type { UserChanged } from '@walking-buddy/contracts/grpc/identity'
import {
  userBlocked,
  userPreferencesUpdated,
  userProfileUpdated,
  userRegistered,
  userSuspended,
} from '@walking-buddy/contracts/topics'
import { invalid } from '@walking-buddy/errors'
import { on, type ReceivedEvent, type Subscription } from '@walking-buddy/kafka'
import type { Application } from '../../../application/index.ts'
import { personOf } from '../../person-message.ts'

/** What identity tells: names for walks, blocks and suspensions that end them. Repeats and any order do no harm. */
export function identityEvents(app: Application): Subscription[] {
  const changed = async ({ value: { user } }: ReceivedEvent<UserChanged>): Promise<void> => {
    if (!user) throw invalid('malformed-event', 'The event has no user.')
    await app.keepPerson(personOf(user), user.suspended)
  }
  const erased = ({ key }: { key: string }): Promise<void> => app.forgetPerson(key)
  return [
    ...[userRegistered, userProfileUpdated, userPreferencesUpdated, userSuspended].map(topic =>
      on(topic, changed, erased),
    ),
    on(userBlocked, ({ value }) => app.keepBlocks(value.userId, value.version, value.blockedUserIds), erased),
  ]
}
