import type { Logger } from '@walking-buddy/telemetry'
import { type Account, newestOf, strangerOf } from '../domain/account.ts'
import type { ConsentCheck } from './check-consent.ts'
import type { Accounts, Request, Revoked, Sightings } from './ports.ts'

/** What is heard of accounts, by Kafka for the record and by identity's watch at once: in any order, and again. */
export interface LearnAccount {
  changed(account: Account): Promise<void>
  erased(userId: string): Promise<void>
  /** At once, in memory. */
  consentHeard(word: ConsentWord): void
  /** For good: hides those who withdrew. */
  withdrawn(words: readonly ConsentWord[]): Promise<void>
  /** For good, by what the watch says of them in the end. */
  suspensionsChanged(userIds: readonly string[]): Promise<void>
}

export interface ConsentWord {
  userId: string
  locationEnabled: boolean
  consentVersion: number
}

/**
 * Keeps what is newer. Whoever no longer lets themselves be located is hidden at once, by a request that outlives
 * this instance, and their exact position is forgotten.
 */
export function learnAccount(deps: {
  accounts: Accounts
  consents: ConsentCheck
  sightings: Sightings
  revoked: Pick<Revoked, 'isSuspended'>
  log: Logger
}): LearnAccount {
  const { accounts, consents, sightings, revoked, log } = deps

  const forgetSighting = (userId: string): Promise<void> =>
    // It lives 300 s at most, and nobody reads it meanwhile.
    sightings
      .forget(userId)
      .catch(error => log.warn({ err: error }, 'an exact position stays until it expires'))

  const learn = async (
    userIds: readonly string[],
    merge: (userId: string, known: Account | undefined) => Account,
  ): Promise<Account[]> => {
    const learned = new Map<string, Account>()
    await accounts.learn(userIds, (userId, known) => {
      const account = merge(userId, known)
      learned.set(userId, account)
      return { account, requests: requestsOf(known, account) }
    })
    // News may be old: of someone who had not consented yet, or who has consented again since. Their position stays.
    const refusing = [...learned.values()].filter(
      account =>
        account.suspended ||
        (!account.locationEnabled && account.consentVersion > 0 && !consents.isOvertaken(account)),
    )
    await Promise.all(refusing.map(({ userId }) => forgetSighting(userId)))
    return [...learned.values()]
  }

  const withWord = (
    known: Account | undefined,
    { userId, locationEnabled, consentVersion }: ConsentWord,
  ): Account => {
    const base = known ?? strangerOf(userId)
    return newestOf(base, { ...base, locationEnabled, consentVersion })
  }

  return {
    async changed(account) {
      const [learned] = await learn([account.userId], (_, known) => newestOf(known, account))
      // Of the others it is read when they come.
      if (learned && consents.remembers(account.userId)) consents.heard(learned)
    },
    async erased(userId) {
      await accounts.learn([userId], () => ({ account: null, requests: [{ kind: 'erased' }] }))
      consents.forget(userId)
      await forgetSighting(userId)
    },
    // Even of people who are not remembered: what is being read of them this moment may be older.
    consentHeard: word => consents.heard(withWord(undefined, word)),
    async withdrawn(words) {
      const latest = new Map<string, ConsentWord>()
      for (const word of words)
        if (word.consentVersion >= (latest.get(word.userId)?.consentVersion ?? 0))
          latest.set(word.userId, word)
      await learn([...latest.keys()], (userId, known) => withWord(known, latest.get(userId)!))
    },
    async suspensionsChanged(userIds) {
      for (const userId of userIds) consents.heardOfSuspension(userId, revoked.isSuspended(userId))
      await learn(userIds, (userId, known) => ({
        ...(known ?? strangerOf(userId)),
        suspended: revoked.isSuspended(userId),
      }))
    },
  }
}

/** Only a change of mind asks for something: what is heard again does not. */
function requestsOf(known: Account | undefined, learned: Account): readonly Request[] {
  const wasWithdrawn =
    !learned.locationEnabled && (known?.locationEnabled ?? true) && learned.consentVersion > 0
  return [
    ...(wasWithdrawn ? [{ kind: 'consent-ended' as const, version: learned.consentVersion }] : []),
    ...(learned.suspended && !known?.suspended ? [{ kind: 'suspended' as const }] : []),
  ]
}
