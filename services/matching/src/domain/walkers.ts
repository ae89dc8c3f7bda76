import { createHash } from 'node:crypto'
import { type CellId, cellToken } from '@walking-buddy/cells'
import { Blocks } from './blocks.ts'
import type { Account, BlockList, Card, Presence } from './facts.ts'
import type { KeyedOrder } from './keyed-order.ts'
import { type Apart, type Found, NearbyIndex, type Viewer } from './nearby-index.ts'
import { consents, erased, hasAccount, nowhere, People, suspended, suspendedByWatch } from './people.ts'
import { seenStepMs, seenStepOf } from './ranking.ts'
import { Suitability } from './suitability.ts'
import {
  ageIn,
  bornOf,
  genderNameOf,
  type Month,
  paceNameOf,
  packTraits,
  unpackTraits,
  wordsPerPerson,
} from './traits.ts'

/** What those who keep lists up to date want to know. `urgent`: a revocation, which must not wait. */
export interface WalkersListener {
  /** What is visible of a person changed; a missing cell: not visible. */
  changed?(person: number, before: CellId | undefined, after: CellId | undefined, urgent: boolean): void
  /** Whether two people are kept apart may have changed. */
  pairChanged?(a: number, b: number): void
  /** Somebody is published whose account is not known. */
  accountMissing?(person: number): void
}

/**
 * Everyone this instance has heard of, the newest version of each fact, whatever the order in which facts come; and
 * the index of those who can be listed: published, not suspended, with consent, account known. People are numbers
 * here, some hundred bytes each; nothing finer than a published cell ever enters.
 */
export class Walkers {
  readonly #people = new People()
  readonly #index: NearbyIndex
  readonly #blocks = new Blocks()
  readonly #order: (userId: string) => KeyedOrder
  readonly #listeners: WalkersListener[] = []
  readonly #suitability = new Suitability()
  /** When the watch said of somebody that they are suspended. */
  readonly #suspendedSince = new Map<number, number>()

  /** @param order keyed hashes that decide ties, the same on every instance */
  constructor(order: (userId: string) => KeyedOrder) {
    this.#order = order
    this.#index = new NearbyIndex((a, b) => this.#people.ids.compare(a, b))
  }

  listen(listener: WalkersListener): void {
    this.#listeners.push(listener)
  }

  get size(): { people: number; listed: number; cells: number; bytes: number } {
    const { peopleCount, cellCount } = this.#index
    return {
      people: this.#people.ids.size,
      listed: peopleCount,
      cells: cellCount,
      bytes: this.#people.bytes + this.#index.bytes,
    }
  }

  // Facts

  learnAccount(account: Account): void {
    const person = this.#people.intern(account.userId)
    if (
      this.#people.is(person, erased) ||
      (this.#people.is(person, hasAccount) && account.version <= this.#people.accountVersions[person]!)
    )
      return
    const before = this.#listedCell(person)
    this.#people.accountVersions[person] = account.version
    packTraits(this.#people.traits, person, account.traits)
    this.#people.names[person] = account.username
    if (account.profilePhotoUrl === null) this.#people.photos.delete(person)
    else this.#people.photos.set(person, account.profilePhotoUrl)
    this.#people.mark(person, hasAccount, true)
    this.#people.mark(person, suspended, account.suspended)
    this.#consent(person, account.locationConsentVersion, account.isLocationEnabled)
    this.#settle(person, before)
  }

  learnPresence(presence: Presence): void {
    const person = this.#people.intern(presence.userId)
    if (this.#people.is(person, erased) || presence.version <= this.#people.presenceVersions[person]!) return
    const before = this.#listedCell(person)
    this.#people.presenceVersions[person] = presence.version
    this.#people.cells[person] = presence.cell ?? nowhere
    this.#people.seenSteps[person] = seenStepOf(presence.lastSeenMs)
    this.#settle(person, before)
    if (presence.cell !== null && !this.#people.is(person, hasAccount))
      for (const listener of this.#listeners) listener.accountMissing?.(person)
  }

  learnBlocks(list: BlockList): void {
    const blocker = this.#people.intern(list.userId)
    if (this.#people.is(blocker, erased)) return
    const blocked = list.blockedIds.map(id => this.#people.intern(id))
    for (const person of this.#blocks.learn(blocker, list.version, blocked)) this.#tellPair(blocker, person)
  }

  /** The account was erased: whatever comes later of it came late. */
  erase(userId: string): void {
    const person = this.#people.intern(userId)
    const before = this.#listedCell(person)
    this.#blocks.forget(person)
    this.#people.status[person] = erased
    this.#people.presenceVersions[person] = 0
    this.#people.cells[person] = nowhere
    this.#people.seenSteps[person] = 0
    this.#people.traits.fill(0, wordsPerPerson * person, wordsPerPerson * (person + 1))
    this.#people.names[person] = ''
    this.#people.photos.delete(person)
    this.#settle(person, before)
  }

  /** Location forgot a person: what it publishes next counts from the beginning. */
  forgetPresence(userId: string): void {
    const person = this.#people.intern(userId)
    const before = this.#listedCell(person)
    this.#people.presenceVersions[person] = 0
    this.#people.cells[person] = nowhere
    this.#settle(person, before)
  }

  // Revocations, which come before the facts

  suspendNow(userId: string, isSuspended: boolean, atMs: number): void {
    const person = this.#people.intern(userId)
    const before = this.#listedCell(person)
    this.#people.mark(person, suspendedByWatch, isSuspended)
    if (isSuspended) this.#suspendedSince.set(person, atMs)
    else this.#suspendedSince.delete(person)
    this.#settle(person, before, true)
  }

  consentNow(userId: string, version: number, enabled: boolean): void {
    const person = this.#people.intern(userId)
    const before = this.#listedCell(person)
    this.#consent(person, version, enabled)
    this.#settle(person, before, true)
  }

  keepApartNow(userId: string, otherId: string, blocked: boolean, atMs: number): void {
    const [a, b] = [this.#people.intern(userId), this.#people.intern(otherId)]
    this.#blocks.tell(a, b, blocked, atMs)
    this.#tellPair(a, b)
  }

  /** Pairs that the watch told before a time. */
  *toldApartBefore(beforeMs: number): Generator<{ userId: string; otherId: string; onRecord: boolean }> {
    for (const { a, b, onRecord } of this.#blocks.toldBefore(beforeMs))
      yield { userId: this.#people.ids.idOf(a), otherId: this.#people.ids.idOf(b), onRecord }
  }

  /** Those of whom the watch said before a time that they are suspended. */
  suspendedBefore(beforeMs: number): string[] {
    return [...this.#suspendedSince]
      .filter(([, atMs]) => atMs < beforeMs)
      .map(([person]) => this.#people.ids.idOf(person))
  }

  // Questions

  /** The number of somebody known by id; -1 of everyone else. */
  find(userId: string): number {
    return this.#people.ids.find(userId)
  }

  /** The number of anyone; they need not be known. @throws RangeError where the id is no UUID */
  numberOf(userId: string): number {
    return this.#people.intern(userId)
  }

  idOf(person: number): string {
    return this.#people.ids.idOf(person)
  }

  isKnown(person: number): boolean {
    return person >= 0 && this.#people.is(person, hasAccount)
  }

  /** Whether the facts known of a person are of these versions or newer. */
  knows(person: number, accountVersion: number, presenceVersion: number): boolean {
    return (
      person >= 0 &&
      this.#people.accountVersions[person]! >= accountVersion &&
      this.#people.presenceVersions[person]! >= presenceVersion
    )
  }

  /** The cell that a person is listed in; undefined where they are not to be seen. */
  cellOf(person: number): CellId | undefined {
    return person < 0 ? undefined : this.#listedCell(person)
  }

  /** Rises with each change of what is visible of a person. */
  revisionOf(person: number): number {
    return this.#people.revisions[person]!
  }

  /** Whom a person is kept apart from, by all that is known here. */
  apartFrom(person: number): Apart | undefined {
    return this.#blocks.apartFrom(person)
  }

  /** The best `limit` for a person who is listed themselves. Of use until the next search. */
  search(
    person: number,
    options: {
      radiusMeters: number
      month: Month
      limit: number
      apart: Apart | undefined
    },
  ): Found {
    return this.#index.search({ ...options, viewer: this.#viewer(person) })
  }

  /** Prepares one listed person; the answer tells of others, listed too, whether both suit each other at a distance. */
  suitabilityOf(person: number, month: Month): (other: number, distanceMeters: number) => boolean {
    const at = wordsPerPerson * person
    this.#suitability.aim(
      this.#people.traits[at]!,
      this.#people.traits[at + 1]!,
      month,
      Number.POSITIVE_INFINITY,
    )
    return (other, distanceMeters) =>
      this.#suitability.admits(
        this.#people.traits[wordsPerPerson * other]!,
        this.#people.traits[wordsPerPerson * other + 1]!,
        distanceMeters,
      )
  }

  /** A listed person as a viewer at that distance may see them. */
  card(person: number, distanceMeters: number, month: Month): Card {
    const { ids, traits, names, photos, seenSteps } = this.#people
    const second = traits[wordsPerPerson * person + 1]!
    return {
      userId: ids.idOf(person),
      username: names[person]!,
      age: ageIn(month, bornOf(traits[wordsPerPerson * person]!)),
      gender: genderNameOf(second),
      pace: paceNameOf(second),
      profilePhotoUrl: photos.get(person) ?? null,
      cell: this.#listedCell(person)!,
      distanceMeters,
      lastSeenMs: seenSteps[person]! * seenStepMs,
    }
  }

  /** Hash of every fact on record: equal wherever the same facts were learnt, in whatever order. */
  fingerprint(): string {
    const hash = createHash('sha256')
    const people = Array.from({ length: this.#people.ids.size }, (_, person) => person).sort((a, b) =>
      this.#people.ids.compare(a, b),
    )
    for (const person of people) {
      const account = this.#people.is(person, hasAccount)
        ? [
            this.#people.accountVersions[person],
            this.#people.names[person],
            this.#people.photos.get(person),
            unpackTraits(this.#people.traits, person),
            this.#people.is(person, suspended),
          ]
        : undefined
      const presence =
        this.#people.presenceVersions[person]! > 0
          ? [
              this.#people.presenceVersions[person],
              this.#people.cells[person] === nowhere ? null : cellToken(this.#people.cells[person] as CellId),
              this.#people.seenSteps[person],
            ]
          : undefined
      const blocks = this.#blocks.listOf(person)
      const blocked = blocks && [
        blocks.version,
        [...blocks.blocked].map(other => this.#people.ids.idOf(other)).sort(),
      ]
      if (account ?? presence ?? blocked)
        hash.update(JSON.stringify([this.#people.ids.idOf(person), account, presence, blocked]))
    }
    return hash.digest('hex')
  }

  /** A consent is as new as its own version, whichever way it came. */
  #consent(person: number, version: number, enabled: boolean): void {
    if (version < this.#people.consentVersions[person]!) return
    this.#people.consentVersions[person] = version
    this.#people.mark(person, consents, enabled)
  }

  #listedCell(person: number): CellId | undefined {
    const cell = this.#people.cells[person]!
    return cell !== nowhere && this.#people.status[person] === (hasAccount | consents)
      ? (cell as CellId)
      : undefined
  }

  #viewer(person: number): Viewer {
    return {
      person,
      cell: this.#listedCell(person)!,
      first: this.#people.traits[wordsPerPerson * person]!,
      second: this.#people.traits[wordsPerPerson * person + 1]!,
      looksAs: this.#people.looksAs[person]!,
    }
  }

  /** Brings the index to what is known, and tells who listens. */
  #settle(person: number, before: CellId | undefined, urgent = false): void {
    const after = this.#listedCell(person)
    if (before === undefined && after === undefined) return
    this.#people.revisions[person]! += 1
    if (before !== undefined && before !== after)
      this.#index.remove(before, person, this.#people.seenAs[person]!)
    if (after !== undefined) {
      if (before === undefined) this.#draw(person)
      const member = {
        person,
        first: this.#people.traits[wordsPerPerson * person]!,
        second: this.#people.traits[wordsPerPerson * person + 1]!,
        seenStep: this.#people.seenSteps[person]!,
        seenAs: this.#people.seenAs[person]!,
      }
      if (before === after) this.#index.change(after, member)
      else this.#index.add(after, member)
    }
    for (const listener of this.#listeners) listener.changed?.(person, before, after, urgent)
  }

  #draw(person: number): void {
    const { seenAs, looksAs } = this.#order(this.#people.ids.idOf(person))
    this.#people.seenAs[person] = seenAs
    this.#people.looksAs[person] = looksAs
  }

  #tellPair(a: number, b: number): void {
    for (const listener of this.#listeners) listener.pairChanged?.(a, b)
  }
}
