import { roomFor } from './columns.ts'
import { wordsPerPerson } from './traits.ts'
import { UserTable } from './user-table.ts'

export const hasAccount = 1
export const suspended = 2
export const suspendedByWatch = 4
export const consents = 8
export const erased = 16

export const nowhere = -1

/** What is kept of each person, in columns by their number. */
export class People {
  readonly ids = new UserTable()
  traits = new Uint32Array(wordsPerPerson * 64)
  /** Bits as above. */
  status = new Uint8Array(64)
  accountVersions = new Int32Array(64)
  presenceVersions = new Int32Array(64)
  consentVersions = new Int32Array(64)
  cells = new Float64Array(64).fill(nowhere)
  seenSteps = new Uint32Array(64)
  seenAs = new Uint32Array(64)
  looksAs = new Uint32Array(64)
  revisions = new Uint32Array(64)
  readonly names: string[] = []
  readonly photos = new Map<number, string>()

  /** Without names and photos. */
  get bytes(): number {
    const columns = [
      this.traits,
      this.status,
      this.accountVersions,
      this.presenceVersions,
      this.consentVersions,
    ]
    const more = [this.cells, this.seenSteps, this.seenAs, this.looksAs, this.revisions]
    return [...columns, ...more].reduce((sum, column) => sum + column.byteLength, this.ids.bytes)
  }

  /** The number of anyone, with room in every column. @throws RangeError where the id is no UUID */
  intern(userId: string): number {
    const person = this.ids.intern(userId)
    const count = person + 1
    if (count <= this.status.length) return person
    this.traits = roomFor(this.traits, wordsPerPerson * count)
    this.status = roomFor(this.status, count)
    this.accountVersions = roomFor(this.accountVersions, count)
    this.presenceVersions = roomFor(this.presenceVersions, count)
    this.consentVersions = roomFor(this.consentVersions, count)
    this.cells = roomFor(this.cells, count, nowhere)
    this.seenSteps = roomFor(this.seenSteps, count)
    this.seenAs = roomFor(this.seenAs, count)
    this.looksAs = roomFor(this.looksAs, count)
    this.revisions = roomFor(this.revisions, count)
    return person
  }

  is(person: number, bit: number): boolean {
    return (this.status[person]! & bit) !== 0
  }

  mark(person: number, bit: number, on: boolean): void {
    this.status[person] = on ? this.status[person]! | bit : this.status[person]! & ~bit
  }
}
