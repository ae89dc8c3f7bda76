import { type CellId, cellCenter, type LatLng } from '@walking-buddy/cells'
import { bucketAt } from './buckets.ts'
import { roomFor } from './columns.ts'
import { NumberMap } from './number-map.ts'
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

  readonly #bucketNumbers = new NumberMap()
  /** By bucket: its first record, how many, and the size class of their block. */
  #firsts = new Int32Array(16)
  #counts = new Int32Array(16)
  #sizeClasses = new Uint8Array(16)
  #buckets = 0
  readonly #freeBuckets: number[] = []

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
    return (
      this.cells.bytes +
      this.members.bytes +
      this.#bucketNumbers.bytes +
      this.#firsts.byteLength +
      this.#counts.byteLength +
      this.#sizeClasses.byteLength
    )
  }

  /** The bucket at a place, or -1 where it is empty. */
  bucket(place: number): number {
    return this.#bucketNumbers.get(place)
  }

  /** The first of the records of a bucket's cells. */
  firstCell(bucket: number): number {
    return this.#firsts[bucket]!
  }

  cellsIn(bucket: number): number {
    return this.#counts[bucket]!
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
    const bucket = this.#bucketNumbers.get(place)
    if (bucket === none) return undefined
    const { numbers } = this.cells
    writePoint(this.#point, 0, center)
    const first = this.#firsts[bucket]!
    for (let cell = first; cell < first + this.#counts[bucket]!; cell++) {
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
    const known = this.#bucketNumbers.get(place)
    const bucket = known === none ? this.#openBucket(place) : known
    const count = this.#counts[bucket]!
    const sizeClass = this.#sizeClasses[bucket]!
    if (count === 2 ** sizeClass) {
      this.#firsts[bucket] = this.cells.move(this.#firsts[bucket]!, count, sizeClass, sizeClass + 1)
      this.#sizeClasses[bucket] = sizeClass + 1
    }
    const cell = this.#firsts[bucket]! + count
    this.#counts[bucket] = count + 1
    this.#cellCount += 1
    const { numbers, words } = this.cells
    writePoint(numbers, centerAt(cell), center)
    words[cell * cellStride + memberCountAt] = 0
    return cell
  }

  /** The last cell of the bucket takes the place of the one that goes. */
  #close(place: number, cell: number): void {
    const bucket = this.#bucketNumbers.get(place)
    const first = this.#firsts[bucket]!
    const left = this.#counts[bucket]! - 1
    const sizeClass = this.#sizeClasses[bucket]!
    this.cells.copy(first + left, cell, 1)
    this.#counts[bucket] = left
    this.#cellCount -= 1
    if (left === 0) {
      this.cells.release(first, sizeClass)
      this.#bucketNumbers.delete(place)
      this.#freeBuckets.push(bucket)
    } else if (left <= 2 ** (sizeClass - 2)) {
      this.#firsts[bucket] = this.cells.move(first, left, sizeClass, sizeClass - 1)
      this.#sizeClasses[bucket] = sizeClass - 1
    }
  }

  #openBucket(place: number): number {
    const bucket = this.#freeBuckets.pop() ?? this.#buckets++
    this.#firsts = roomFor(this.#firsts, this.#buckets)
    this.#counts = roomFor(this.#counts, this.#buckets)
    this.#sizeClasses = roomFor(this.#sizeClasses, this.#buckets)
    this.#firsts[bucket] = this.cells.allocate(0)
    this.#counts[bucket] = 0
    this.#sizeClasses[bucket] = 0
    this.#bucketNumbers.set(place, bucket)
    return bucket
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
