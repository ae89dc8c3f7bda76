import type { Clock } from '@walking-buddy/service-kit'
import { type Account, isLocatable, newestOf, strangerOf } from '../domain/account.ts'
import type { Consent } from '../domain/decide.ts'
import type { AccountOwner, Accounts, Revoked } from './ports.ts'
import { recentMap } from './recent-map.ts'

/** What this instance remembers of one person, to take their positions without asking anyone. */
export interface Person {
  account: Account
  /** Monotonic; when identity said so itself. */
  ownerSaidAtMs: number
  consentVersionUsed: number
  /** The stay that was remembered last, by its beginning. */
  notedStaySinceMs: number
}

/** Who lets themselves be located. */
export interface ConsentCheck {
  /** People of whom it can be told now; those who are left out can be told of later. */
  of(userIds: readonly string[]): Promise<ReadonlyMap<string, Person>>
  /** Consent as it stands this moment. */
  consentOf(person: Person): Consent
  remembers(userId: string): boolean
  /** A later word of consent is remembered than this account's. */
  isOvertaken(account: Account): boolean
  /** Something newer was heard of an account. */
  heard(account: Account): void
  heardOfSuspension(userId: string, suspended: boolean): void
  forget(userId: string): void
}

const mostPeople = 20_000
/** Without a fresh watch identity's own yes is good for so long: well under the second that a revocation may take. */
const ownerWordMs = 500
/** The watch begins with the last 15 minutes: what was remembered before a longer silence may have been overtaken. */
const longestSilenceMs = 14 * 60_000
const mostPerQuestion = 500

/**
 * Consent from memory, which the watch keeps true; before that from the read model. No refusal rests on either:
 * identity is asked first, and asked of everyone while the watch is not fresh.
 */
export function checkConsent(deps: {
  accounts: Accounts
  owner: AccountOwner
  revoked: Revoked
  clock: Clock
}): ConsentCheck {
  const { accounts, owner, revoked, clock } = deps
  const people = recentMap<Person>(mostPeople)
  let lastFreshMs = clock.monotonicMs()

  const current = ({ account }: Person): Consent => ({
    version: account.consentVersion,
    given: isLocatable(account) && !revoked.isSuspended(account.userId),
  })

  const remember = (account: Account): Person => {
    const known = people.get(account.userId)
    if (known) {
      known.account = newestOf(known.account, account)
      return known
    }
    const person = {
      account,
      ownerSaidAtMs: Number.NEGATIVE_INFINITY,
      consentVersionUsed: -1,
      notedStaySinceMs: 0,
    }
    people.set(account.userId, person)
    return person
  }

  const load = async (userIds: readonly string[]): Promise<void> => {
    if (userIds.length === 0) return
    for (const { consentVersionUsed, ...account } of await accounts.find(userIds)) {
      const person = remember(account)
      person.consentVersionUsed = Math.max(person.consentVersionUsed, consentVersionUsed)
    }
  }

  /** Those of whom identity could not be asked. */
  const askOwner = async (userIds: readonly string[]): Promise<ReadonlySet<string>> => {
    const unanswered = new Set<string>()
    for (let from = 0; from < userIds.length; from += mostPerQuestion) {
      const part = userIds.slice(from, from + mostPerQuestion)
      const saidAtMs = clock.monotonicMs()
      try {
        const told = new Map((await owner.find(part)).map(account => [account.userId, account]))
        for (const userId of part) {
          const account = told.get(userId)
          if (account) remember(account).ownerSaidAtMs = saidAtMs
          else remember(strangerOf(userId)).account = strangerOf(userId)
        }
      } catch {
        // The client counts its failures; who was asked for can be told of later.
        for (const userId of part) unanswered.add(userId)
      }
    }
    return unanswered
  }

  return {
    consentOf: current,
    async of(userIds) {
      const nowMs = clock.monotonicMs()
      const fresh = revoked.fresh()
      if (fresh && nowMs - lastFreshMs > longestSilenceMs) people.clear()
      if (fresh) lastFreshMs = nowMs

      const known = new Map<string, Person>()
      const isSure = (person: Person | undefined): person is Person =>
        person !== undefined &&
        current(person).given &&
        (fresh || nowMs - person.ownerSaidAtMs <= ownerWordMs)
      const sureOf = (ids: readonly string[]): string[] =>
        ids.filter(userId => {
          const person = people.get(userId)
          if (!isSure(person)) return true
          known.set(userId, person)
          return false
        })

      let doubtful = sureOf(userIds)
      if (doubtful.length > 0) {
        // Without the read model identity is asked of more people; that is all.
        await load(doubtful.filter(userId => !people.get(userId))).catch(() => {})
        doubtful = sureOf(doubtful)
      }
      if (doubtful.length > 0) {
        const unanswered = await askOwner(doubtful)
        for (const userId of doubtful) {
          const person = people.get(userId)
          if (person && !unanswered.has(userId)) known.set(userId, person)
        }
      }
      return known
    },
    isOvertaken: ({ userId, consentVersion }) =>
      (people.get(userId)?.account.consentVersion ?? -1) > consentVersion,
    remembers: userId => people.get(userId) !== undefined,
    heard: account => void remember(account),
    heardOfSuspension(userId, suspended) {
      const person = people.get(userId)
      if (person) person.account = { ...person.account, suspended }
    },
    forget: userId => people.delete(userId),
  }
}
