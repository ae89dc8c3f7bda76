import {
  sessionEnded,
  userBlocked,
  userPreferencesUpdated,
  userProfileUpdated,
  userRegistered,
  userSuspended,
} from '@walking-buddy/contracts/topics'
import { type EventRecord, eventRecord } from '@walking-buddy/kafka'
import type { Fact } from '../../../domain/facts.ts'
import { sessionEndedOf } from '../../wire/session-ended.ts'
import { userOf } from '../../wire/user.ts'

const accountTopics = {
  'user-registered': userRegistered,
  'profile-updated': userProfileUpdated,
  'preferences-updated': userPreferencesUpdated,
  'user-suspended': userSuspended,
  // On the same topic, so that the last that it keeps of a user is how they are now.
  'user-reinstated': userSuspended,
}

/** A fact as the event that tells of it. */
export function eventRecordOf(fact: Fact, id: string, time: Date): EventRecord {
  const about = { id, time }
  switch (fact.kind) {
    case 'blocks-changed': {
      const { userId, version, blockedIds } = fact.list
      return eventRecord(
        userBlocked,
        { userId, version, occurredAt: time, blockedUserIds: [...blockedIds] },
        about,
      )
    }
    case 'session-ended':
      return eventRecord(sessionEnded, sessionEndedOf(fact.session), about)
    default:
      return eventRecord(
        accountTopics[fact.kind],
        { user: userOf(fact.account), occurredAt: time },
        fact.kind === 'user-reinstated' ? { ...about, type: 'user.reinstated' } : about,
      )
  }
}
