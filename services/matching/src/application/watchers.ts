import type { CellId } from '@walking-buddy/cells'
import type { Clock } from '@walking-buddy/service-kit'
import { CellGrid, memberAt, personAt } from '../domain/cell-grid.ts'
import { RingWalk } from '../domain/ring-walk.ts'
import { monthOf } from '../domain/traits.ts'
import type { Walkers } from '../domain/walkers.ts'

/** No search radius is larger. */
const farthestMeters = 20_000

/** Somebody whose list is kept up to date. */
export interface Watcher {
  readonly viewerId: string
  readonly person: number
  /** The viewer's cell while they are visible. */
  cell: CellId | undefined
  /** Who is on the list that was sent, how far it reaches, and whether it was chosen from a crowd. */
  shown: ReadonlySet<number>
  reachMeters: number
  crowded: boolean
  /** The list may have changed. `urgent`: by a revocation. */
  readonly touch: (urgent: boolean) => void
}

/** Whether a change of a person at a distance concerns the list of a watcher. */
type Concerned = (watcher: Watcher, distanceMeters: number) => boolean

/**
 * Who watches, and whom a change concerns: those who were shown the person, and those whose list the person may
 * enter. Watchers are filed by their cell, so that a change is held against those near it only.
 */
export class Watchers {
  readonly #byPerson = new Map<number, Set<Watcher>>()
  readonly #slots: (Watcher | undefined)[] = []
  readonly #slotOf = new Map<Watcher, number>()
  readonly #freeSlots: number[] = []
  readonly #grid = new CellGrid((a, b) => a - b)
  readonly #walk = new RingWalk(this.#grid)
  readonly #walkers: Walkers

  constructor({ walkers, clock }: { walkers: Walkers; clock: Clock }) {
    this.#walkers = walkers
    walkers.listen({
      changed: (person, before, after, urgent) =>
        this.#changed(person, before, after, urgent, monthOf(clock.now())),
      pairChanged: (a, b) => {
        for (const person of [a, b])
          for (const watcher of this.#byPerson.get(person) ?? []) watcher.touch(true)
      },
    })
  }

  get size(): number {
    return this.#slotOf.size
  }

  add(watcher: Watcher): void {
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    this.#slots[slot] = watcher
    this.#slotOf.set(watcher, slot)
    this.#byPerson.set(watcher.person, (this.#byPerson.get(watcher.person) ?? new Set()).add(watcher))
    this.#file(watcher, this.#walkers.cellOf(watcher.person))
  }

  remove(watcher: Watcher): void {
    const slot = this.#slotOf.get(watcher)!
    this.#file(watcher, undefined)
    this.#slots[slot] = undefined
    this.#slotOf.delete(watcher)
    this.#freeSlots.push(slot)
    const others = this.#byPerson.get(watcher.person)
    if (others?.delete(watcher) && others.size === 0) this.#byPerson.delete(watcher.person)
  }

  #changed(
    person: number,
    before: CellId | undefined,
    after: CellId | undefined,
    urgent: boolean,
    month: number,
  ): void {
    for (const watcher of this.#byPerson.get(person) ?? []) {
      this.#file(watcher, after)
      watcher.touch(urgent)
    }
    if (this.#grid.memberCount === 0) return
    const left: Concerned = watcher => watcher.shown.has(person) || watcher.crowded
    if (before !== undefined && before !== after) this.#touchNear(before, left, urgent)
    if (after === undefined) return
    const suits = this.#walkers.suitabilityOf(person, month)
    const concerned: Concerned = (watcher, distance) =>
      (distance <= watcher.reachMeters && suits(watcher.person, distance)) ||
      (before === after && left(watcher, distance))
    this.#touchNear(after, concerned, urgent)
  }

  #touchNear(cell: CellId, concerned: Concerned, urgent: boolean): void {
    const grid = this.#grid
    const walk = this.#walk
    walk.start(cell, farthestMeters)
    walk.nextBand(farthestMeters)
    for (let i = 0; i < walk.count; i++) {
      const at = walk.cellAt(i)
      const count = grid.membersOf(at)
      const alone = count === 1
      const { words } = alone ? grid.cells : grid.members
      const first = alone ? grid.onlyMember(at) : memberAt(grid.firstMember(at))
      for (let member = 0; member < count; member++) {
        const watcher = this.#slots[words[first + memberAt(member) + personAt]!]!
        if (concerned(watcher, walk.distanceAt(i))) watcher.touch(urgent)
      }
    }
  }

  #file(watcher: Watcher, cell: CellId | undefined): void {
    const slot = this.#slotOf.get(watcher)!
    if (watcher.cell !== undefined) this.#grid.remove(watcher.cell, slot, slot)
    if (cell !== undefined)
      this.#grid.add(cell, { person: slot, seenAs: slot, first: 0, second: 0, seenStep: 0 })
    watcher.cell = cell
  }
}
