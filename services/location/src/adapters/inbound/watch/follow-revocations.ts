import type { Revocations } from '@walking-buddy/access'
import type { Clock, Part } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import type { LearnAccount } from '../../../application/index.ts'
import type { ConsentWord } from '../../../application/learn-account.ts'

/** The watch may tell of a suspension and of its end in one go, the older one first. */
const gatherMs = 50
const retryMs = 500
const mostTogether = 500

/**
 * Acts on withdrawn consent and suspension as identity's watch tells of them: Kafka, for the record, may be late.
 * A reconnect tells of the last 15 minutes again, so that what comes together is acted on together.
 */
export function followRevocations(deps: {
  revocations: Pick<Revocations, 'onRevocation'>
  learn: LearnAccount
  clock: Clock
  log: Logger
}): Part<void> {
  const { revocations, learn, clock, log } = deps
  return async () => {
    const stopping = new AbortController()
    let withdrawals: ConsentWord[] = []
    const suspensions = new Set<string>()
    let working = Promise.resolve()
    let busy = false

    const actOn = async (): Promise<void> => {
      const words = withdrawals.slice(0, mostTogether)
      const userIds = [...suspensions].slice(0, mostTogether)
      if (words.length > 0) await learn.withdrawn(words)
      withdrawals = withdrawals.slice(words.length)
      if (userIds.length > 0) await learn.suspensionsChanged(userIds)
      for (const userId of userIds) suspensions.delete(userId)
    }
    const work = async (): Promise<void> => {
      busy = true
      await clock.delay(gatherMs, stopping.signal)
      for (let failures = 0; withdrawals.length + suspensions.size > 0 && !stopping.signal.aborted; )
        try {
          await actOn()
          failures = 0
        } catch (error) {
          if (failures++ === 0) log.warn({ err: error }, 'revocations wait: the store does not answer')
          await clock.delay(retryMs, stopping.signal)
        }
      busy = false
    }

    const stop = revocations.onRevocation(revocation => {
      switch (revocation.$case) {
        case 'locationConsentChanged': {
          const { userId, enabled, consentVersion } = revocation.value
          const word = { userId, locationEnabled: enabled, consentVersion }
          learn.consentHeard(word)
          if (!enabled) withdrawals.push(word)
          break
        }
        case 'userSuspended':
        case 'userReinstated':
          suspensions.add(revocation.value.userId)
          break
      }
      if (!busy && withdrawals.length + suspensions.size > 0) working = work()
    })
    return {
      value: undefined,
      stop: async () => {
        stop()
        stopping.abort()
        await working
      },
    }
  }
}
