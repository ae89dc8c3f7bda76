import type { Revocations } from '@walking-buddy/access'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Walkers } from '../../../domain/walkers.ts'

/** Acts on blocks, suspensions and withdrawn consent as identity's watch tells of them: Kafka may be late. */
export function followRevocations(deps: {
  revocations: Pick<Revocations, 'onRevocation' | 'recentlyBlocked' | 'isSuspended'>
  walkers: Walkers
  clock: Clock
}): Part<void> {
  const { revocations, walkers, clock } = deps
  return async () => {
    const stop = revocations.onRevocation(revocation => {
      switch (revocation.$case) {
        // What the watch knows in sum is asked for, as single revocations come in any order.
        case 'pairBlocked':
        case 'pairUnblocked': {
          const { blockerId, blockedId } = revocation.value
          const blocked = revocations.recentlyBlocked(blockerId, blockedId) ?? false
          return walkers.keepApartNow(blockerId, blockedId, blocked, clock.now())
        }
        case 'userSuspended':
        case 'userReinstated': {
          const { userId } = revocation.value
          return walkers.suspendNow(userId, revocations.isSuspended(userId), clock.now())
        }
        case 'locationConsentChanged': {
          const { userId, consentVersion, enabled } = revocation.value
          return walkers.consentNow(userId, consentVersion, enabled)
        }
      }
    })
    return { value: undefined, stop: async () => stop() }
  }
}
