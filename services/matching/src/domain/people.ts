import type { CellId } from '@walking-buddy/cells'
import { UserTable } from './user-table.ts'

/*
 * What is kept of each person is one record of 64 bytes, a cache line: whoever asks for one of these asks for others.
 * Words of a record; the first four are the id.
 */
const stride = 16
export const firstTraitsAt = 4
export const secondTraitsAt = 5
export const statusAt = 6
export const accountVersionAt = 7
export const presenceVersionAt = 8
export const consentVersionAt = 9
/** As a number: one more than the published cell, 0 where there is none. */
const cellAt = 5
export const seenStepAt = 12
/** Keyed hashes: of a person as seen, and as one who looks. */
export const seenAsAt = 13
export const looksAsAt = 14
/** Rises with each change of what is visible. */
export const revisionAt = 15

/** Bits of the status. */
export const hasAccount = 1
export const suspended = 2
export const suspendedByWatch = 4
export const consents = 8
export const erased = 16

/** Records of people, by their number. */
export class People extends UserTable {
  readonly names: string[] = []
  readonly photos = new Map<number, string>()

  constructor() {
    super(stride)
  }

  get(person: number, at: number): number {
    return this.words[stride * person + at]!
  }

  set(person: number, at: number, value: number): void {
    this.words[stride * person + at] = value
  }

  /** Where the packed traits of a person are, in words. */
  traitsOf(person: number): number {
    return stride * person + firstTraitsAt
  }

  publishedCell(person: number): CellId | undefined {
    const cell = this.numbers[(stride / 2) * person + cellAt]!
    return cell === 0 ? undefined : ((cell - 1) as CellId)
  }

  publish(person: number, cell: CellId | undefined): void {
    this.numbers[(stride / 2) * person + cellAt] = cell === undefined ? 0 : cell + 1
  }

  is(person: number, bit: number): boolean {
    return (this.get(person, statusAt) & bit) !== 0
  }

  mark(person: number, bit: number, on: boolean): void {
    const status = this.get(person, statusAt)
    this.set(person, statusAt, on ? status | bit : status & ~bit)
  }

  /** Leaves nothing but the id, and the mark that there was somebody. */
  erase(person: number): void {
    this.words.fill(0, this.traitsOf(person), stride * (person + 1))
    this.mark(person, erased, true)
    this.names[person] = ''
    this.photos.delete(person)
  }
}
