import type { Clock } from '@walking-buddy/service-kit'
import type { Logger } from '@walking-buddy/telemetry'
import { type Account, consentOf, newestOf, strangerOf } from '../domain/account.ts'
import type { ConsentCheck } from './check-consent.ts'
import type { Accounts, Request, Revoked, Sightings } from './ports.ts'

/** What is heard of accounts, by Kafka for the record and by identity's watch at once: in any order, and again. */
export interface LearnAccount {
  changed(account: Account): Promise<void>
  consentChanged(userId: string, locationEnabled: boolean, consentVersion: number): Promise<void>
  suspensionChanged(userId: string): Promise<void>
  erased(userId: string): Promise<void>
}

/** The watch may tell of a suspension and of its end in one go, the older one first. */
const settleMs = 50

/**
 * Keeps what is newer. Whoever no longer lets themselves be located is hidden at once, by a request that outlives
 * this instance, and their exact position is forgotten.
 */
export function learnAccount(deps: {
  accounts: Accounts
  consents: ConsentCheck
  sightings: Sightings
  revoked: Pick<Revoked, 'isSuspended'>
  clock: Clock
  log: Logger
}): LearnAccount {
  const { accounts, consents, sightings, revoked, clock, log } = deps

  const forgetSighting = (userId: string): Promise<void> =>
    // It lives 300 s at most, and nobody reads it meanwhile.
    sightings.forget(userId).catch(error => log.warn({ err: error }, 'an exact position stays until it expires'))

  const learn = async (userId: string, merge: (known: Account | undefined) => Account): Promise<Account> => {
    let learned: Account | undefined
    await accounts.learn(userId, known => {
      learned = merge(known)
      return { account: learned, requests: requestsOf(known, learned) }
    })
    if (!consentOf(learned!).given) await forgetSighting(userId)
    return learned!
  }

  return {
    async changed(account) {
      const learned = await learn(account.userId, known => newestOf(known, account))
      // Of the others it is read when they come.
      if (consents.remembers(account.userId)) consents.heard(learned)
    },
    async consentChanged(userId, locationEnabled, consentVersion) {
      const merge = (known: Account | undefined): Account => {
        const base = known ?? strangerOf(userId)
        return newestOf(base, { ...base, locationEnabled, consentVersion })
      }
      // Even of people who are not remembered: what is being read of them this moment may be older.
      consents.heard(merge(undefined))
      await learn(userId, merge)
    },
    async suspensionChanged(userId) {
      await clock.delay(settleMs)
      const suspended = revoked.isSuspended(userId)
      consents.heardOfSuspension(userId, suspended)
      await learn(userId, known => ({ ...(known ?? strangerOf(userId)), suspended }))
    },
    async erased(userId) {
      await accounts.learn(userId, () => ({ account: null, requests: [{ kind: 'erased' }] }))
      consents.forget(userId)
      await forgetSighting(userId)
    },
  }
}

/** Only a change of mind asks for something: what is heard again does not. */
function requestsOf(known: Account | undefined, learned: Account): readonly Request[] {
  const wasWithdrawn = !learned.locationEnabled && (known?.locationEnabled ?? true) && learned.consentVersion > 0
  return [
    ...(wasWithdrawn ? [{ kind: 'consent-ended' as const, version: learned.consentVersion }] : []),
    ...(learned.suspended && !known?.suspended ? [{ kind: 'suspended' as const }] : []),
  ]
}
