import { createHash } from 'node:crypto'
import { type CellId, cellToken } from '@walking-buddy/cells'
import { Blocks } from './blocks.ts'
import type { Account, BlockList, Card, Presence } from './facts.ts'
import type { KeyedOrder } from './keyed-order.ts'
import { type Apart, type Found, NearbyIndex, type Viewer } from './nearby-index.ts'
import {
  accountVersionAt,
  consents,
  consentVersionAt,
  erased,
  firstTraitsAt,
  hasAccount,
  looksAsAt,
  People,
  presenceVersionAt,
  revisionAt,
  secondTraitsAt,
  seenAsAt,
  seenStepAt,
  statusAt,
  suspended,
  suspendedByWatch,
} from './people.ts'
import { seenStepMs, seenStepOf } from './ranking.ts'
import { Suitability } from './suitability.ts'
import { ageIn, bornOf, genderNameOf, type Month, paceNameOf, packTraits, unpackTraits } from './traits.ts'

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
    this.#index = new NearbyIndex((a, b) => this.#people.compare(a, b))
  }

  listen(listener: WalkersListener): void {
    this.#listeners.push(listener)
  }

  get size(): { people: number; listed: number; cells: number; bytes: number } {
    const { peopleCount, cellCount } = this.#index
    return {
      people: this.#people.size,
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
      (this.#people.is(person, hasAccount) && account.version <= this.#people.get(person, accountVersionAt))
    )
      return
    const before = this.#listedCell(person)
    this.#people.set(person, accountVersionAt, account.version)
    packTraits(this.#people.words, this.#people.traitsOf(person), account.traits)
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
    if (this.#people.is(person, erased) || presence.version <= this.#people.get(person, presenceVersionAt))
      return
    const before = this.#listedCell(person)
    this.#people.set(person, presenceVersionAt, presence.version)
    this.#people.publish(person, presence.cell ?? undefined)
    this.#people.set(person, seenStepAt, seenStepOf(presence.lastSeenMs))
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
    this.#people.mark(person, erased, true)
    this.#settle(person, before)
    this.#people.erase(person)
  }

  /** Location forgot a person: what it publishes next counts from the beginning. */
  forgetPresence(userId: string): void {
    const person = this.#people.intern(userId)
    const before = this.#listedCell(person)
    this.#people.set(person, presenceVersionAt, 0)
    this.#people.publish(person, undefined)
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
      yield { userId: this.#people.idOf(a), otherId: this.#people.idOf(b), onRecord }
  }

  /** Those of whom the watch said before a time that they are suspended. */
  suspendedBefore(beforeMs: number): string[] {
    return [...this.#suspendedSince]
      .filter(([, atMs]) => atMs < beforeMs)
      .map(([person]) => this.#people.idOf(person))
  }

  // Questions

  /** The number of somebody known by id; -1 of everyone else. */
  find(userId: string): number {
    return this.#people.find(userId)
  }

  /** The number of anyone; they need not be known. @throws RangeError where the id is no UUID */
  numberOf(userId: string): number {
    return this.#people.intern(userId)
  }

  idOf(person: number): string {
    return this.#people.idOf(person)
  }

  isKnown(person: number): boolean {
    return person >= 0 && this.#people.is(person, hasAccount)
  }

  /** Whether the facts known of a person are of these versions or newer. */
  knows(person: number, accountVersion: number, presenceVersion: number): boolean {
    return (
      person >= 0 &&
      this.#people.get(person, accountVersionAt) >= accountVersion &&
      this.#people.get(person, presenceVersionAt) >= presenceVersion
    )
  }

  /** The cell that a person is listed in; undefined where they are not to be seen. */
  cellOf(person: number): CellId | undefined {
    return person < 0 ? undefined : this.#listedCell(person)
  }

  /** Rises with each change of what is visible of a person. */
  revisionOf(person: number): number {
    return this.#people.get(person, revisionAt)
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
    this.#suitability.aim(
      this.#people.get(person, firstTraitsAt),
      this.#people.get(person, secondTraitsAt),
      month,
      Number.POSITIVE_INFINITY,
    )
    return (other, distanceMeters) =>
      this.#suitability.admits(
        this.#people.get(other, firstTraitsAt),
        this.#people.get(other, secondTraitsAt),
        distanceMeters,
      )
  }

  /** A listed person as a viewer at that distance may see them. */
  card(person: number, distanceMeters: number, month: Month): Card {
    const people = this.#people
    const second = people.get(person, secondTraitsAt)
    return {
      userId: people.idOf(person),
      username: people.names[person]!,
      age: ageIn(month, bornOf(people.get(person, firstTraitsAt))),
      gender: genderNameOf(second),
      pace: paceNameOf(second),
      profilePhotoUrl: people.photos.get(person) ?? null,
      cell: this.#listedCell(person)!,
      distanceMeters,
      lastSeenMs: people.get(person, seenStepAt) * seenStepMs,
    }
  }

  /** Hash of every fact on record: equal wherever the same facts were learnt, in whatever order. */
  fingerprint(): string {
    const people = this.#people
    const hash = createHash('sha256')
    const inOrder = Array.from({ length: people.size }, (_, person) => person).sort((a, b) =>
      people.compare(a, b),
    )
    for (const person of inOrder) {
      const version = people.get(person, presenceVersionAt)
      const cell = people.publishedCell(person)
      const account = people.is(person, hasAccount) && [
        people.get(person, accountVersionAt),
        people.names[person],
        people.photos.get(person),
        unpackTraits(people.words, people.traitsOf(person)),
        people.is(person, suspended),
      ]
      const presence = version > 0 && [version, cell && cellToken(cell), people.get(person, seenStepAt)]
      const blocks = this.#blocks.listOf(person)
      const blocked = blocks && [blocks.version, [...blocks.blocked].map(other => people.idOf(other)).sort()]
      if (account || presence || blocked)
        hash.update(JSON.stringify([people.idOf(person), account, presence, blocked]))
    }
    return hash.digest('hex')
  }

  /** A consent is as new as its own version, whichever way it came. */
  #consent(person: number, version: number, enabled: boolean): void {
    if (version < this.#people.get(person, consentVersionAt)) return
    this.#people.set(person, consentVersionAt, version)
    this.#people.mark(person, consents, enabled)
  }

  #listedCell(person: number): CellId | undefined {
    return this.#people.get(person, statusAt) === (hasAccount | consents)
      ? this.#people.publishedCell(person)
      : undefined
  }

  #viewer(person: number): Viewer {
    return {
      person,
      cell: this.#listedCell(person)!,
      first: this.#people.get(person, firstTraitsAt),
      second: this.#people.get(person, secondTraitsAt),
      looksAs: this.#people.get(person, looksAsAt),
    }
  }

  /** Brings the index to what is known, and tells who listens. */
  #settle(person: number, before: CellId | undefined, urgent = false): void {
    const after = this.#listedCell(person)
    if (before === undefined && after === undefined) return
    this.#people.set(person, revisionAt, this.#people.get(person, revisionAt) + 1)
    if (before !== undefined && before !== after)
      this.#index.remove(before, person, this.#people.get(person, seenAsAt))
    if (after !== undefined) {
      if (before === undefined) this.#draw(person)
      const member = {
        person,
        first: this.#people.get(person, firstTraitsAt),
        second: this.#people.get(person, secondTraitsAt),
        seenStep: this.#people.get(person, seenStepAt),
        seenAs: this.#people.get(person, seenAsAt),
      }
      if (before === after) this.#index.change(after, member)
      else this.#index.add(after, member)
    }
    for (const listener of this.#listeners) listener.changed?.(person, before, after, urgent)
  }

  #draw(person: number): void {
    const { seenAs, looksAs } = this.#order(this.#people.idOf(person))
    this.#people.set(person, seenAsAt, seenAs)
    this.#people.set(person, looksAsAt, looksAs)
  }

  #tellPair(a: number, b: number): void {
    for (const listener of this.#listeners) listener.pairChanged?.(a, b)
  }
}
