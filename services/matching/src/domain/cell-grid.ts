import { type CellId, cellCenter, type LatLng } from '@walking-buddy/cells'
import { BucketTable } from './bucket-table.ts'
import { bucketAt } from './buckets.ts'
import { RecordLists } from './record-lists.ts'

const none = -1

/*
 * A search is as fast as memory is: what it reads lies together. The cells of a bucket are one list of records. A
 * cell of one member, the most frequent kind, has the member in its record; others have a list of members, in the
 * order of their hashes. Each member carries what a scan asks of it.
 */
const cellStride = 12
/** Words of a cell's record. Its centre is three numbers at the beginning, which tell it from all others. */
const memberCountAt = 6
const onlyMemberAt = 7
const memberListAt = 7
const sizeClassAt = 8

const memberStride = 5
/** Words of a member's record. */
export const personAt = 0
export const firstTraitsAt = 1
export const secondTraitsAt = 2
export const seenStepAt = 3
export const seenAsAt = 4

/** Whoever is in a cell: a number of the owner's, and what a scan reads. */
export interface Member {
  person: number
  /** Packed traits. */
  first: number
  second: number
  seenStep: number
  /** The hash that orders the members of a cell. */
  seenAs: number
}

/** Who is in which cell, of any side, found by place. */
export class CellGrid {
  readonly cells = new RecordLists(cellStride)
  readonly members = new RecordLists(memberStride)

  readonly buckets = new BucketTable()

  readonly #point = new Float64Array(3)
  #memberCount = 0
  #cellCount = 0
  readonly #compare: (a: number, b: number) => number

  /** @param compare orders two people whose hashes are equal; it must tell them apart */
  constructor(compare: (a: number, b: number) => number) {
    this.#compare = compare
  }

  get memberCount(): number {
    return this.#memberCount
  }

  get cellCount(): number {
    return this.#cellCount
  }

  get bytes(): number {
    return this.cells.bytes + this.members.bytes + this.buckets.bytes
  }

  membersOf(cell: number): number {
    return this.cells.words[cell * cellStride + memberCountAt]!
  }

  /** Where the record of a cell's only member is, in words of `cells`. */
  onlyMember(cell: number): number {
    return cell * cellStride + onlyMemberAt
  }

  /** The first of the records of a cell's members, where it has several. */
  firstMember(cell: number): number {
    return this.cells.words[cell * cellStride + memberListAt]!
  }

  add(id: CellId, member: Member): void {
    const center = cellCenter(id)
    const place = bucketAt(center)
    const cell = this.#find(place, center) ?? this.#open(place, center)
    const at = cell * cellStride
    const count = this.membersOf(cell)
    this.#memberCount += 1
    this.cells.words[at + memberCountAt] = count + 1
    if (count === 0) {
      write(this.cells.words, at + onlyMemberAt, member)
      return
    }
    if (count === 1) this.#unpack(at)
    else if (count === 2 ** this.cells.words[at + sizeClassAt]!) this.#resize(at, count, 1)
    const first = this.firstMember(cell)
    const position = this.#placeOf(first, count, member.person, member.seenAs)
    this.members.copy(position, position + 1, first + count - position)
    write(this.members.words, memberAt(position), member)
  }

  /** Writes anew what a scan reads of a member, whose hash has not changed. */
  change(id: CellId, member: Member): void {
    const center = cellCenter(id)
    const cell = this.#find(bucketAt(center), center)!
    const count = this.membersOf(cell)
    if (count === 1) {
      write(this.cells.words, this.onlyMember(cell), member)
      return
    }
    const position = this.#placeOf(this.firstMember(cell), count, member.person, member.seenAs)
    write(this.members.words, memberAt(position), member)
  }

  remove(id: CellId, person: number, seenAs: number): void {
    const center = cellCenter(id)
    const place = bucketAt(center)
    const cell = this.#find(place, center)!
    const count = this.membersOf(cell)
    this.#memberCount -= 1
    if (count === 1) {
      this.#close(place, cell)
      return
    }
    const at = cell * cellStride
    const first = this.firstMember(cell)
    const position = this.#placeOf(first, count, person, seenAs)
    this.members.copy(position + 1, position, first + count - position - 1)
    this.cells.words[at + memberCountAt] = count - 1
    if (count === 2) this.#pack(at)
    // At a quarter, not at half: who comes and goes at a border would move the list each time.
    else if (count - 1 <= 2 ** (this.cells.words[at + sizeClassAt]! - 2)) this.#resize(at, count - 1, -1)
  }

  /** Where a member is in its list, or would go. */
  #placeOf(first: number, count: number, person: number, seenAs: number): number {
    const { words } = this.members
    const hash = seenAs >>> 0
    let low = first
    let high = first + count
    while (low < high) {
      const middle = (low + high) >>> 1
      const difference = (words[middle * memberStride + seenAsAt]! >>> 0) - hash
      if ((difference || this.#compare(words[middle * memberStride + personAt]!, person)) < 0)
        low = middle + 1
      else high = middle
    }
    return low
  }

  /** From the record into a list. */
  #unpack(at: number): void {
    const { words } = this.cells
    const list = this.members.allocate(1)
    for (let word = 0; word < memberStride; word++)
      this.members.words[list * memberStride + word] = words[at + onlyMemberAt + word]!
    words[at + memberListAt] = list
    words[at + sizeClassAt] = 1
  }

  /** From the list into the record. */
  #pack(at: number): void {
    const { words } = this.cells
    const list = words[at + memberListAt]!
    const sizeClass = words[at + sizeClassAt]!
    for (let word = 0; word < memberStride; word++)
      words[at + onlyMemberAt + word] = this.members.words[list * memberStride + word]!
    this.members.release(list, sizeClass)
  }

  #resize(at: number, count: number, by: 1 | -1): void {
    const { words } = this.cells
    const sizeClass = words[at + sizeClassAt]!
    words[at + memberListAt] = this.members.move(words[at + memberListAt]!, count, sizeClass, sizeClass + by)
    words[at + sizeClassAt] = sizeClass + by
  }

  #find(place: number, center: LatLng): number | undefined {
    const bucket = this.buckets.find(place)
    if (bucket === none) return undefined
    const { numbers } = this.cells
    writePoint(this.#point, 0, center)
    const first = this.buckets.firstCell(bucket)
    const end = first + this.buckets.cellCount(bucket)
    for (let cell = first; cell < end; cell++) {
      const at = centerAt(cell)
      if (
        numbers[at] === this.#point[0] &&
        numbers[at + 1] === this.#point[1] &&
        numbers[at + 2] === this.#point[2]
      )
        return cell
    }
    return undefined
  }

  #open(place: number, center: LatLng): number {
    const { buckets, cells } = this
    let bucket = buckets.find(place)
    if (bucket === none) {
      bucket = buckets.add(place)
      buckets.set(bucket, cells.allocate(0), 0, 0)
    }
    let first = buckets.firstCell(bucket)
    let sizeClass = buckets.sizeClass(bucket)
    const count = buckets.cellCount(bucket)
    if (count === 2 ** sizeClass) {
      first = cells.move(first, count, sizeClass, sizeClass + 1)
      sizeClass += 1
    }
    buckets.set(bucket, first, count + 1, sizeClass)
    this.#cellCount += 1
    const cell = first + count
    writePoint(cells.numbers, centerAt(cell), center)
    cells.words[cell * cellStride + memberCountAt] = 0
    return cell
  }

  /** The last cell of the bucket takes the place of the one that goes. */
  #close(place: number, cell: number): void {
    const { buckets, cells } = this
    const bucket = buckets.find(place)
    const first = buckets.firstCell(bucket)
    const sizeClass = buckets.sizeClass(bucket)
    const left = buckets.cellCount(bucket) - 1
    cells.copy(first + left, cell, 1)
    this.#cellCount -= 1
    if (left === 0) {
      cells.release(first, sizeClass)
      buckets.remove(place)
    } else if (left <= 2 ** (sizeClass - 2))
      buckets.set(bucket, cells.move(first, left, sizeClass, sizeClass - 1), left, sizeClass - 1)
    else buckets.set(bucket, first, left, sizeClass)
  }
}

/** Where the centre of a cell begins, in numbers of `cells`. */
export const centerAt = (cell: number): number => (cell * cellStride) / 2

/** Where a member's record begins, in words of `members`. */
export const memberAt = (member: number): number => member * memberStride

/** Writes a place as a point of the unit sphere, where the chord gives the distance. */
export function writePoint(numbers: Float64Array, at: number, { lat, lng }: LatLng): void {
  const latitude = (lat * Math.PI) / 180
  const longitude = (lng * Math.PI) / 180
  numbers[at] = Math.cos(latitude) * Math.cos(longitude)
  numbers[at + 1] = Math.cos(latitude) * Math.sin(longitude)
  numbers[at + 2] = Math.sin(latitude)
}

function write(words: Int32Array, at: number, member: Member): void {
  words[at + personAt] = member.person
  words[at + firstTraitsAt] = member.first
  words[at + secondTraitsAt] = member.second
  words[at + seenStepAt] = member.seenStep
  words[at + seenAsAt] = member.seenAs
}
