import type { Revocations } from '@walking-buddy/access'
import type { Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { LearnAccount } from '../../../application/index.ts'

/** Acts on withdrawn consent and suspension as identity's watch tells of them: Kafka, for the record, may be late. */
export function followRevocations(deps: {
  revocations: Pick<Revocations, 'onRevocation'>
  learn: LearnAccount
  log: Logger
}): Part<void> {
  const { revocations, learn, log } = deps
  return async () => {
    const running = new Set<Promise<void>>()
    const act = (work: Promise<void>): void => {
      const done = work
        .catch(error => log.warn({ err: error }, 'a revocation waits for its event'))
        .finally(() => running.delete(done))
      running.add(done)
    }
    const stop = revocations.onRevocation(revocation => {
      switch (revocation.$case) {
        case 'locationConsentChanged': {
          const { userId, enabled, consentVersion } = revocation.value
          return act(learn.consentChanged(userId, enabled, consentVersion))
        }
        case 'userSuspended':
        case 'userReinstated':
          return act(learn.suspensionChanged(revocation.value.userId))
      }
    })
    return {
      value: undefined,
      stop: async () => {
        stop()
        await Promise.all(running)
      },
    }
  }
}
