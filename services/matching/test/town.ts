import { createHash } from 'node:crypto'
import { cellAt, cellSides } from '@walking-buddy/cells'
import type { Account, BlockList, Presence } from '../src/domain/facts.ts'
import { keyedOrder } from '../src/domain/keyed-order.ts'
import { genders, paces } from '../src/domain/traits.ts'
import { Walkers } from '../src/domain/walkers.ts'
import { random } from './random.ts'

/** A user id that a number decides. */
export function userIdOf(number: number): string {
  const hex = createHash('sha256').update(String(number)).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const accountOf = (userId: string, given: Partial<Account> = {}): Account => ({
  userId,
  version: 1,
  username: `walker-${userId.slice(0, 6)}`,
  profilePhotoUrl: null,
  traits: {
    birthYear: 1990,
    birthMonth: 3,
    gender: 'female',
    pace: 'any',
    searchRadiusMeters: 5_000,
    ageRangeMin: 18,
    ageRangeMax: 100,
    genderPreference: 'any',
  },
  suspended: false,
  isLocationEnabled: true,
  locationConsentVersion: 1,
  ...given,
})

/** Walkers that remember what they were told of accounts. */
class Town extends Walkers {
  readonly #accounts = new Map<string, Account>()
  override learnAccount(account: Account): void {
    this.#accounts.set(account.userId, account)
    super.learnAccount(account)
  }
  account(userId: string): Account {
    return this.#accounts.get(userId)!
  }
}

/** People who all suit each other, within a kilometre or in one cell. */
export function someTown(options: { users: number; seed?: number; together?: boolean }) {
  const draw = random(options.seed ?? 1)
  const walkers = new Town(keyedOrder(Buffer.from('k')))
  const ids = Array.from({ length: options.users }, (_, i) => userIdOf(i))
  for (const userId of ids) {
    const at = options.together
      ? { lat: 48, lng: -20 }
      : { lat: 48 + draw() * 0.01, lng: -20 + draw() * 0.01 }
    walkers.learnAccount(accountOf(userId))
    walkers.learnPresence({ userId, version: 1, cell: cellAt(at.lat, at.lng, 200), lastSeenMs: 0 })
  }
  return { walkers, ids }
}

export type AnyFact =
  | ({ kind: 'account' } & Account)
  | ({ kind: 'presence' } & Presence)
  | ({ kind: 'blocks' } & BlockList)
  | { kind: 'erased'; userId: string }

export function learn(walkers: Walkers, fact: AnyFact): void {
  if (fact.kind === 'account') walkers.learnAccount(fact)
  else if (fact.kind === 'presence') walkers.learnPresence(fact)
  else if (fact.kind === 'blocks') walkers.learnBlocks(fact)
  else walkers.erase(fact.userId)
}

/** A history of people who change, move, hide, block each other and leave, each aggregate with rising versions. */
export function factsOf(seed: number, size: { users: number; changes: number }): AnyFact[] {
  const draw = random(seed)
  const below = (bound: number) => Math.floor(draw() * bound)
  const pick = <T>(options: readonly T[]): T => options[below(options.length)]!
  const versions = new Map<string, number>()
  const consents = new Map<string, number>()
  const next = (counters: Map<string, number>, key: string, by = 1) => {
    counters.set(key, (counters.get(key) ?? 0) + by)
    return counters.get(key)!
  }
  const erased = new Set<string>()
  return Array.from({ length: size.changes }, (): AnyFact | undefined => {
    const userId = userIdOf(below(size.users))
    if (erased.has(userId)) return undefined
    const kind =
      draw() < 0.01 ? 'erased' : pick(['account', 'account', 'presence', 'presence', 'blocks'] as const)
    const version = next(versions, `${kind} ${userId}`)
    if (kind === 'erased') {
      erased.add(userId)
      return { kind, userId }
    }
    if (kind === 'presence')
      return {
        kind,
        userId,
        version,
        cell: draw() < 0.2 ? null : cellAt(48 + draw() * 0.02, -20 + draw() * 0.02, pick(cellSides)),
        lastSeenMs: Date.UTC(2026, 4, 20) + below(4) * 1_800_000,
      }
    if (kind === 'blocks')
      return {
        kind,
        userId,
        version,
        blockedIds: Array.from({ length: below(4) }, () => userIdOf(below(size.users))),
      }
    const switches = draw() < 0.2
    const locationConsentVersion = next(consents, userId, switches ? 1 : 0)
    const traits = {
      birthYear: 1960 + below(45),
      birthMonth: 1 + below(12),
      gender: pick([...genders, null]),
      pace: pick([...paces, 'any', 'any'] as const),
      searchRadiusMeters: pick([800, 3_000, 20_000]),
      ageRangeMin: 18,
      ageRangeMax: pick([60, 100]),
      genderPreference: pick(['any', 'any', 'any', ...genders] as const),
    }
    return {
      kind,
      ...accountOf(userId, {
        version,
        traits,
        username: `name-${version}`,
        profilePhotoUrl: draw() < 0.3 ? `/media/${version}` : null,
      }),
      suspended: draw() < 0.05,
      locationConsentVersion,
      isLocationEnabled: locationConsentVersion % 4 !== 3,
    }
  }).filter(fact => fact !== undefined)
}
