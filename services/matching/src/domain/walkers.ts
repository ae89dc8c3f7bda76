import { createHash } from 'node:crypto'
import { type CellId, cellToken } from '@walking-buddy/cells'
import { Blocks } from './blocks.ts'
import { roomFor } from './columns.ts'
import type { KeyedOrder } from './keyed-order.ts'
import { type Found, NearbyIndex, type Viewer } from './nearby-index.ts'
import { type SeenStep, seenStepMs, seenStepOf } from './ranking.ts'
import { Suitability } from './suitability.ts'
import {
  ageIn,
  bornOf,
  type Gender,
  type Month,
  type Pace,
  packTraits,
  type Traits,
  unpackTraits,
  wordsPerPerson,
} from './traits.ts'
import { UserTable } from './user-table.ts'

/** An account at a version, as identity tells it. */
export interface Account {
  userId: string
  version: number
  username: string
  profilePhotoUrl: string | null
  traits: Traits
  suspended: boolean
  isLocationEnabled: boolean
  /** Rises each time that `isLocationEnabled` is switched. */
  locationConsentVersion: number
}

/** What is published of a person at a version, as location tells it. */
export interface Presence {
  userId: string
  version: number
  /** null: not visible. */
  cell: CellId | null
  lastSeenMs: number
}

/** Everyone whom a user blocks, at a version. */
export interface BlockList {
  userId: string
  version: number
  blockedIds: readonly string[]
}

/** A person as a list shows them. */
export interface Card {
  userId: string
  username: string
  age: number
  gender: Gender | null
  pace: Pace | 'any'
  profilePhotoUrl: string | null
  cell: CellId
  lastSeenMs: number
}

/** What those who keep lists up to date want to know. `urgent`: a revocation, which must not wait. */
export interface WalkersListener {
  /** What is visible of a person changed; a missing cell: not visible. */
  changed?(person: number, before: CellId | undefined, after: CellId | undefined, urgent: boolean): void
  /** Whether two people are kept apart may have changed. */
  pairChanged?(a: number, b: number): void
  /** Somebody is published whose account is not known. */
  accountMissing?(person: number): void
}

const hasAccount = 1
const suspended = 2
const suspendedByWatch = 4
const consents = 8
const erased = 16

const nowhere = -1

/**
 * Everyone this instance has heard of, the newest version of each fact, whatever the order in which facts come; and
 * the index of those who can be listed: published, not suspended, with consent, account known. People are numbers
 * here, some hundred bytes each; nothing finer than a published cell ever enters.
 */
export class Walkers {
  readonly #ids = new UserTable()
  readonly #index: NearbyIndex
  readonly #blocks = new Blocks()
  readonly #order: (userId: string) => KeyedOrder
  readonly #listeners: WalkersListener[] = []
  readonly #suitability = new Suitability()
  /** When the watch said of somebody that they are suspended. */
  readonly #suspendedSince = new Map<number, number>()

  #traits = new Uint32Array(2 * 64)
  #status = new Uint8Array(64)
  #accountVersions = new Int32Array(64)
  #presenceVersions = new Int32Array(64)
  #consentVersions = new Int32Array(64)
  #cells = new Float64Array(64).fill(nowhere)
  #seenSteps = new Uint32Array(64)
  #seenAs = new Uint32Array(64)
  #looksAs = new Uint32Array(64)
  #revisions = new Uint32Array(64)
  readonly #names: string[] = []
  readonly #photos = new Map<number, string>()

  /** @param order keyed hashes that decide ties, the same on every instance */
  constructor(order: (userId: string) => KeyedOrder) {
    this.#order = order
    this.#index = new NearbyIndex((a, b) => this.#ids.compare(a, b))
  }

  listen(listener: WalkersListener): void {
    this.#listeners.push(listener)
  }

  get size(): { people: number; listed: number; cells: number; bytes: number } {
    const columns = [
      this.#traits,
      this.#status,
      this.#accountVersions,
      this.#presenceVersions,
      this.#consentVersions,
    ]
    const more = [this.#cells, this.#seenSteps, this.#seenAs, this.#looksAs, this.#revisions]
    const bytes = [...columns, ...more].reduce((sum, column) => sum + column.byteLength, 0)
    const { peopleCount, cellCount } = this.#index
    return {
      people: this.#ids.size,
      listed: peopleCount,
      cells: cellCount,
      bytes: bytes + this.#ids.bytes + this.#index.bytes,
    }
  }

  // Facts

  learnAccount(account: Account): void {
    const person = this.#intern(account.userId)
    if (
      this.#is(person, erased) ||
      (this.#is(person, hasAccount) && account.version <= this.#accountVersions[person]!)
    )
      return
    const before = this.#listedCell(person)
    this.#accountVersions[person] = account.version
    packTraits(this.#traits, person, account.traits)
    this.#names[person] = account.username
    if (account.profilePhotoUrl === null) this.#photos.delete(person)
    else this.#photos.set(person, account.profilePhotoUrl)
    this.#mark(person, hasAccount, true)
    this.#mark(person, suspended, account.suspended)
    this.#consent(person, account.locationConsentVersion, account.isLocationEnabled)
    this.#settle(person, before)
  }

  learnPresence(presence: Presence): void {
    const person = this.#intern(presence.userId)
    if (this.#is(person, erased) || presence.version <= this.#presenceVersions[person]!) return
    const before = this.#listedCell(person)
    this.#presenceVersions[person] = presence.version
    this.#cells[person] = presence.cell ?? nowhere
    this.#seenSteps[person] = seenStepOf(presence.lastSeenMs)
    this.#settle(person, before)
    if (presence.cell !== null && !this.#is(person, hasAccount))
      for (const listener of this.#listeners) listener.accountMissing?.(person)
  }

  learnBlocks(list: BlockList): void {
    const blocker = this.#intern(list.userId)
    if (this.#is(blocker, erased)) return
    const blocked = list.blockedIds.map(id => this.#intern(id))
    for (const person of this.#blocks.learn(blocker, list.version, blocked)) this.#tellPair(blocker, person)
  }

  /** The account was erased: whatever comes later of it came late. */
  erase(userId: string): void {
    const person = this.#intern(userId)
    const before = this.#listedCell(person)
    this.#blocks.forget(person)
    this.#status[person] = erased
    this.#presenceVersions[person] = 0
    this.#cells[person] = nowhere
    this.#seenSteps[person] = 0
    this.#traits.fill(0, wordsPerPerson * person, wordsPerPerson * (person + 1))
    this.#names[person] = ''
    this.#photos.delete(person)
    this.#settle(person, before)
  }

  /** Location forgot a person: what it publishes next counts from the beginning. */
  forgetPresence(userId: string): void {
    const person = this.#intern(userId)
    const before = this.#listedCell(person)
    this.#presenceVersions[person] = 0
    this.#cells[person] = nowhere
    this.#settle(person, before)
  }

  // Revocations, which come before the facts

  suspendNow(userId: string, isSuspended: boolean, atMs: number): void {
    const person = this.#intern(userId)
    const before = this.#listedCell(person)
    this.#mark(person, suspendedByWatch, isSuspended)
    if (isSuspended) this.#suspendedSince.set(person, atMs)
    else this.#suspendedSince.delete(person)
    this.#settle(person, before, true)
  }

  consentNow(userId: string, version: number, enabled: boolean): void {
    const person = this.#intern(userId)
    const before = this.#listedCell(person)
    this.#consent(person, version, enabled)
    this.#settle(person, before, true)
  }

  keepApartNow(userId: string, otherId: string, blocked: boolean, atMs: number): void {
    const [a, b] = [this.#intern(userId), this.#intern(otherId)]
    this.#blocks.tell(a, b, blocked, atMs)
    this.#tellPair(a, b)
  }

  /** Pairs that the watch told before a time. */
  *toldApartBefore(beforeMs: number): Generator<{ userId: string; otherId: string; onRecord: boolean }> {
    for (const { a, b, onRecord } of this.#blocks.toldBefore(beforeMs))
      yield { userId: this.#ids.idOf(a), otherId: this.#ids.idOf(b), onRecord }
  }

  /** Those of whom the watch said before a time that they are suspended. */
  suspendedBefore(beforeMs: number): string[] {
    return [...this.#suspendedSince]
      .filter(([, atMs]) => atMs < beforeMs)
      .map(([person]) => this.#ids.idOf(person))
  }

  // Questions

  /** The number of somebody known by id; -1 of everyone else. */
  find(userId: string): number {
    return this.#ids.find(userId)
  }

  /** The number of anyone; they need not be known. @throws RangeError where the id is no UUID */
  numberOf(userId: string): number {
    return this.#intern(userId)
  }

  idOf(person: number): string {
    return this.#ids.idOf(person)
  }

  isKnown(person: number): boolean {
    return person >= 0 && this.#is(person, hasAccount)
  }

  /** Whether the facts known of a person are of these versions or newer. */
  knows(person: number, accountVersion: number, presenceVersion: number): boolean {
    return (
      person >= 0 &&
      this.#accountVersions[person]! >= accountVersion &&
      this.#presenceVersions[person]! >= presenceVersion
    )
  }

  /** The cell that a person is listed in; undefined where they are not to be seen. */
  cellOf(person: number): CellId | undefined {
    return person < 0 ? undefined : this.#listedCell(person)
  }

  /** Rises with each change of what is visible of a person. */
  revisionOf(person: number): number {
    return this.#revisions[person]!
  }

  /** Whom a person is kept apart from, by all that is known here. */
  apartFrom(person: number): { has(other: number): boolean } | undefined {
    return this.#blocks.apartFrom(person)
  }

  /** The best `limit` for a person who is listed themselves. Of use until the next search. */
  search(
    person: number,
    options: {
      radiusMeters: number
      month: Month
      limit: number
      apart: { has(other: number): boolean } | undefined
    },
  ): Found {
    return this.#index.search({ ...options, viewer: this.#viewer(person) })
  }

  /** Prepares one listed person; the answer tells of others, listed too, whether both suit each other at a distance. */
  suitabilityOf(person: number, month: Month): (other: number, distanceMeters: number) => boolean {
    const at = wordsPerPerson * person
    this.#suitability.aim(this.#traits[at]!, this.#traits[at + 1]!, month, Number.POSITIVE_INFINITY)
    return (other, distanceMeters) =>
      this.#suitability.admits(
        this.#traits[wordsPerPerson * other]!,
        this.#traits[wordsPerPerson * other + 1]!,
        distanceMeters,
      )
  }

  card(person: number, month: Month): Card {
    const { gender, pace } = unpackTraits(this.#traits, person)
    return {
      userId: this.#ids.idOf(person),
      username: this.#names[person]!,
      age: ageIn(month, bornOf(this.#traits[wordsPerPerson * person]!)),
      gender,
      pace,
      profilePhotoUrl: this.#photos.get(person) ?? null,
      cell: this.#listedCell(person)!,
      lastSeenMs: this.#seenSteps[person]! * seenStepMs,
    }
  }

  /** Hash of every fact on record: equal wherever the same facts were learnt, in whatever order. */
  fingerprint(): string {
    const hash = createHash('sha256')
    const people = Array.from({ length: this.#ids.size }, (_, person) => person).sort((a, b) =>
      this.#ids.compare(a, b),
    )
    for (const person of people) {
      const account = this.#is(person, hasAccount)
        ? [
            this.#accountVersions[person],
            this.#names[person],
            this.#photos.get(person),
            unpackTraits(this.#traits, person),
            this.#is(person, suspended),
          ]
        : undefined
      const presence =
        this.#presenceVersions[person]! > 0
          ? [
              this.#presenceVersions[person],
              this.#cells[person] === nowhere ? null : cellToken(this.#cells[person] as CellId),
              this.#seenSteps[person],
            ]
          : undefined
      const blocks = this.#blocks.listOf(person)
      const blocked = blocks && [
        blocks.version,
        [...blocks.blocked]
          .filter(other => !this.#is(other, erased))
          .map(other => this.#ids.idOf(other))
          .sort(),
      ]
      if (account ?? presence ?? blocked)
        hash.update(JSON.stringify([this.#ids.idOf(person), account, presence, blocked]))
    }
    return hash.digest('hex')
  }

  #intern(userId: string): number {
    const person = this.#ids.intern(userId)
    if (person < this.#status.length) return person
    const count = person + 1
    this.#traits = roomFor(this.#traits, wordsPerPerson * count)
    this.#status = roomFor(this.#status, count)
    this.#accountVersions = roomFor(this.#accountVersions, count)
    this.#presenceVersions = roomFor(this.#presenceVersions, count)
    this.#consentVersions = roomFor(this.#consentVersions, count)
    this.#cells = roomFor(this.#cells, count, nowhere)
    this.#seenSteps = roomFor(this.#seenSteps, count)
    this.#seenAs = roomFor(this.#seenAs, count)
    this.#looksAs = roomFor(this.#looksAs, count)
    this.#revisions = roomFor(this.#revisions, count)
    return person
  }

  /** A consent is as new as its own version, whichever way it came. */
  #consent(person: number, version: number, enabled: boolean): void {
    if (version < this.#consentVersions[person]!) return
    this.#consentVersions[person] = version
    this.#mark(person, consents, enabled)
  }

  #listedCell(person: number): CellId | undefined {
    const cell = this.#cells[person]!
    return cell !== nowhere && this.#status[person] === (hasAccount | consents) ? (cell as CellId) : undefined
  }

  #viewer(person: number): Viewer {
    return {
      person,
      cell: this.#listedCell(person)!,
      first: this.#traits[wordsPerPerson * person]!,
      second: this.#traits[wordsPerPerson * person + 1]!,
      looksAs: this.#looksAs[person]!,
    }
  }

  /** Brings the index to what is known, and tells who listens. */
  #settle(person: number, before: CellId | undefined, urgent = false): void {
    const after = this.#listedCell(person)
    if (before === undefined && after === undefined) return
    this.#revisions[person]! += 1
    if (before !== undefined && before !== after) this.#index.remove(before, person, this.#seenAs[person]!)
    if (after !== undefined) {
      if (before === undefined) this.#draw(person)
      const member = {
        person,
        first: this.#traits[wordsPerPerson * person]!,
        second: this.#traits[wordsPerPerson * person + 1]!,
        seenStep: this.#seenSteps[person]! as SeenStep,
        seenAs: this.#seenAs[person]!,
      }
      if (before === after) this.#index.change(after, member)
      else this.#index.add(after, member)
    }
    for (const listener of this.#listeners) listener.changed?.(person, before, after, urgent)
  }

  #draw(person: number): void {
    const { seenAs, looksAs } = this.#order(this.#ids.idOf(person))
    this.#seenAs[person] = seenAs
    this.#looksAs[person] = looksAs
  }

  #tellPair(a: number, b: number): void {
    for (const listener of this.#listeners) listener.pairChanged?.(a, b)
  }

  #is(person: number, bit: number): boolean {
    return (this.#status[person]! & bit) !== 0
  }

  #mark(person: number, bit: number, on: boolean): void {
    this.#status[person] = on ? this.#status[person]! | bit : this.#status[person]! & ~bit
  }
}
