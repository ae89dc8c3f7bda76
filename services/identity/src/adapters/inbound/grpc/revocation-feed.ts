import type {
  Revocation as RevocationMessage,
  WatchRevocationsResponse,
} from '@walking-buddy/contracts/grpc/identity'
import { type WatchFeed, watchFeed } from '@walking-buddy/grpc'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { Revocation } from '../../../domain/facts.ts'
import { sessionEndedOf } from '../../wire/session-ended.ts'

export type RevocationFeed = WatchFeed<WatchRevocationsResponse>

interface Stored {
  id: bigint
  at: Date
  revocation: Revocation
}

const beatMs = 250
/** Access tokens live 10 minutes: what is older concerns nobody who connects now. */
const snapshotSeconds = 15 * 60
const recentSeconds = 30

/** Tells everyone who watches what has to act at once. `recent` gives what committed within so many seconds. */
export function revocationFeed(options: {
  recent: (seconds: number) => Promise<readonly Stored[]>
  clock: Clock
  log: Logger
}): Part<RevocationFeed> {
  return watchFeed<Stored, WatchRevocationsResponse>({
    snapshot: () => options.recent(snapshotSeconds),
    recent: () => options.recent(recentSeconds),
    idOf: ({ id }) => String(id),
    frames: {
      change: stored => ({ frame: { $case: 'revocation', value: messageOf(stored) } }),
      snapshotEnd: () => ({ frame: { $case: 'snapshotEnd', value: {} } }),
      beat: at => ({ frame: { $case: 'beat', value: { at } } }),
    },
    beatMs,
    clock: options.clock,
    log: options.log,
  })
}

const messageOf = ({ id, at, revocation }: Stored): RevocationMessage => ({
  id,
  at,
  subject: subjectOf(revocation),
})

function subjectOf(revocation: Revocation): NonNullable<RevocationMessage['subject']> {
  switch (revocation.kind) {
    case 'session-ended':
      return { $case: 'sessionEnded', value: sessionEndedOf(revocation.session) }
    case 'user-suspended':
      return { $case: 'userSuspended', value: { userId: revocation.userId } }
    case 'user-reinstated':
      return { $case: 'userReinstated', value: { userId: revocation.userId } }
    case 'pair-blocked':
      return { $case: 'pairBlocked', value: pairOf(revocation) }
    case 'pair-unblocked':
      return { $case: 'pairUnblocked', value: pairOf(revocation) }
    case 'location-consent-changed': {
      const { userId, enabled, consentVersion } = revocation
      return { $case: 'locationConsentChanged', value: { userId, enabled, consentVersion } }
    }
  }
}

const pairOf = ({ blockerId, blockedId }: { blockerId: string; blockedId: string }) => ({
  blockerId,
  blockedId,
})
