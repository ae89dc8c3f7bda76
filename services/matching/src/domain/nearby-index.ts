import type { CellId } from '@walking-buddy/cells'
import {
  CellGrid,
  firstTraitsAt,
  type Member,
  memberAt,
  personAt,
  secondTraitsAt,
  seenAsAt,
  seenStepAt,
} from './cell-grid.ts'
import { bandCrowd, bandEdgesMeters, placeInBand, tieOf } from './ranking.ts'
import { RingWalk } from './ring-walk.ts'
import { Suitability } from './suitability.ts'
import type { Month } from './traits.ts'

/** Anyone with `has`, by numbers of people. */
export interface Apart {
  has(person: number): boolean
}

/** Who looks. */
export interface Viewer {
  person: number
  /** Their own published cell. */
  cell: CellId
  /** Packed traits. */
  first: number
  second: number
  /** The hash that decides ties for this viewer. */
  looksAs: number
}

export interface Search {
  viewer: Viewer
  /** Less than the viewer's own radius has effect, more has not. */
  radiusMeters: number
  month: Month
  /** 1 to 100. */
  limit: number
  /** Who is never shown to this viewer. */
  apart?: Apart | undefined
}

/** Of use until the next search. */
export interface Found {
  readonly count: number
  readonly people: Int32Array
  readonly distancesMeters: Int32Array
  /** Nobody further away could enter the list, */
  readonly reachMeters: number
  /** unless a crowd, of which not everyone was compared, grows smaller. */
  readonly crowded: boolean
}

const longestList = bandCrowd

/**
 * Who is near whom: people by their published cells, and nothing else of where they are. A search walks the cells
 * outwards, applies every mutual rule to who is there, and stops once the best `limit` are certain.
 */
export class NearbyIndex {
  readonly #compare: (a: number, b: number) => number
  readonly #grid: CellGrid
  readonly #walk: RingWalk
  readonly #suitability = new Suitability()

  readonly #found = {
    count: 0,
    people: new Int32Array(longestList),
    distancesMeters: new Int32Array(longestList),
    reachMeters: 0,
    crowded: false,
  }
  readonly #places = new Float64Array(longestList)
  readonly #ties = new Uint32Array(longestList)
  #limit = 0
  #viewer = 0
  #looksAs = 0
  #apart: Apart | undefined
  /** Where the present band begins in the list: what is before it is settled. */
  #bandStart = 0
  #suiting = 0

  /** @param compare orders two people of whom everything else is equal, the same on every instance */
  constructor(compare: (a: number, b: number) => number) {
    this.#compare = compare
    this.#grid = new CellGrid(compare)
    this.#walk = new RingWalk(this.#grid)
  }

  get peopleCount(): number {
    return this.#grid.memberCount
  }

  get cellCount(): number {
    return this.#grid.cellCount
  }

  get bytes(): number {
    return this.#grid.bytes
  }

  add(cell: CellId, member: Member): void {
    this.#grid.add(cell, member)
  }

  /** Somebody who stays in their cell has other traits, or was seen again. */
  change(cell: CellId, member: Member): void {
    this.#grid.change(cell, member)
  }

  remove(cell: CellId, person: number, seenAs: number): void {
    this.#grid.remove(cell, person, seenAs)
  }

  search({ viewer, radiusMeters, month, limit, apart }: Search): Found {
    const found = this.#found
    this.#limit = limit
    this.#viewer = viewer.person
    this.#looksAs = viewer.looksAs
    this.#apart = apart
    this.#suitability.aim(viewer.first, viewer.second, month, radiusMeters)
    found.count = 0
    found.crowded = false
    found.reachMeters = this.#suitability.radiusMeters
    this.#walk.start(viewer.cell, this.#suitability.radiusMeters)
    for (const edge of bandEdgesMeters) {
      if (!this.#walk.nextBand(edge)) break
      const reached = this.#scanBand(edge)
      if (found.count < limit) continue
      found.reachMeters = Math.min(found.reachMeters, reached)
      break
    }
    return found
  }

  /** The cells of one band, nearest first; says how far it went, which is less where a crowd ended it. */
  #scanBand(edge: number): number {
    const walk = this.#walk
    this.#bandStart = this.#found.count
    this.#suiting = 0
    let before = 0
    for (let i = 0; i < walk.count; i++) {
      const distance = walk.distanceAt(i)
      // A crowd is as large as the longest list: this one is complete.
      if (this.#suiting >= bandCrowd && distance > before) {
        this.#found.crowded = true
        return before
      }
      this.#scanCell(walk.cellAt(i), distance)
      before = distance
    }
    return edge
  }

  #scanCell(cell: number, distance: number): void {
    const grid = this.#grid
    const count = grid.membersOf(cell)
    if (count === 1) {
      this.#consider(grid.cells.words, grid.onlyMember(cell), distance)
      return
    }
    const first = grid.firstMember(cell)
    if (count > bandCrowd) {
      if (this.#slate(first, first + count, 31, distance, bandCrowd) === 0) this.#found.crowded = true
      return
    }
    const { words } = grid.members
    for (let member = first; member < first + count; member++)
      this.#consider(words, memberAt(member), distance)
  }

  /**
   * At most `room` people of a crowded cell: those who come first in the viewer's own order, in which the list of a
   * cell, sorted by hash, is a binary tree that is descended on the viewer's side first. Returns the room left.
   */
  #slate(from: number, to: number, bit: number, distance: number, room: number): number {
    if (from === to || room === 0) return room
    if (to - from === 1 || bit < 0) {
      const { words } = this.#grid.members
      let left = room
      for (let member = from; member < to && left > 0; member++)
        if (this.#consider(words, memberAt(member), distance)) left -= 1
      return left
    }
    const middle = this.#firstWith(bit, from, to)
    if ((this.#looksAs >>> bit) & 1)
      return this.#slate(from, middle, bit - 1, distance, this.#slate(middle, to, bit - 1, distance, room))
    return this.#slate(middle, to, bit - 1, distance, this.#slate(from, middle, bit - 1, distance, room))
  }

  /** The first member whose hash has the bit; those above it are the same for all from `from` to `to`. */
  #firstWith(bit: number, from: number, to: number): number {
    const { words } = this.#grid.members
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((words[memberAt(middle) + seenAsAt]! >>> bit) & 1) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Lists the person of a record if they suit; says whether they do. */
  #consider(words: Int32Array, at: number, distance: number): boolean {
    const first = words[at + firstTraitsAt]!
    const second = words[at + secondTraitsAt]!
    if (!this.#suitability.admits(first, second, distance)) return false
    const person = words[at + personAt]!
    if (person === this.#viewer || this.#apart?.has(person)) return false
    this.#suiting += 1
    const place = placeInBand(this.#suitability.agreement(first, second), words[at + seenStepAt]!, distance)
    this.#enter(person, distance, place, tieOf(words[at + seenAsAt]!, this.#looksAs))
    return true
  }

  /** Puts a person into the present band's part of the list, in order. */
  #enter(person: number, distance: number, place: number, tie: number): void {
    const found = this.#found
    const { people, distancesMeters } = found
    let at = found.count
    if (at < this.#limit) found.count += 1
    else if (!this.#precedes(person, place, tie, at - 1)) return
    else at -= 1
    for (; at > this.#bandStart && this.#precedes(person, place, tie, at - 1); at--) {
      people[at] = people[at - 1]!
      distancesMeters[at] = distancesMeters[at - 1]!
      this.#places[at] = this.#places[at - 1]!
      this.#ties[at] = this.#ties[at - 1]!
    }
    people[at] = person
    distancesMeters[at] = distance
    this.#places[at] = place
    this.#ties[at] = tie
  }

  #precedes(person: number, place: number, tie: number, at: number): boolean {
    return (
      place < this.#places[at]! ||
      (place === this.#places[at]! &&
        (tie < this.#ties[at]! ||
          (tie === this.#ties[at]! && this.#compare(person, this.#found.people[at]!) < 0)))
    )
  }
}
