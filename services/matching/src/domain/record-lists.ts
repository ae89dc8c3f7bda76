const sizeClasses = 31
const none = -1

/**
 * Many lists of equal records in one array: blocks of 1, 2, 4, … records, reused by size. A list lies in one piece,
 * so that reading it costs as little as memory allows, and has no overhead but the rest of its last doubling.
 */
export class RecordLists {
  /** The records as 32-bit words, */
  words: Int32Array
  /** and the same memory as floating point numbers, half as many. */
  numbers: Float64Array
  readonly #stride: number
  #used = 0
  /** By size class: the first free block, whose first word names the next. */
  readonly #free = new Int32Array(sizeClasses).fill(none)

  /** @param stride words of a record; even, where its numbers are used */
  constructor(stride: number) {
    this.#stride = stride
    this.words = new Int32Array(64 * stride)
    this.numbers = new Float64Array(this.words.buffer)
  }

  get bytes(): number {
    return this.words.byteLength
  }

  /** A block for 2 ** sizeClass records; the number of its first record. */
  allocate(sizeClass: number): number {
    const free = this.#free[sizeClass]!
    if (free !== none) {
      this.#free[sizeClass] = this.words[free * this.#stride]!
      return free
    }
    const first = this.#used
    this.#used += 2 ** sizeClass
    if (this.#used * this.#stride > this.words.length) this.#grow()
    return first
  }

  release(first: number, sizeClass: number): void {
    this.words[first * this.#stride] = this.#free[sizeClass]!
    this.#free[sizeClass] = first
  }

  /** Moves `count` records into a block of another size. */
  move(first: number, count: number, from: number, to: number): number {
    const moved = this.allocate(to)
    this.copy(first, moved, count)
    this.release(first, from)
    return moved
  }

  /** Copies `count` records; the two places may overlap. */
  copy(from: number, to: number, count: number): void {
    const stride = this.#stride
    this.words.copyWithin(to * stride, from * stride, (from + count) * stride)
  }

  #grow(): void {
    const grown = new Int32Array(2 * Math.ceil(this.#used * 0.75) * this.#stride)
    grown.set(this.words)
    this.words = grown
    this.numbers = new Float64Array(grown.buffer)
  }
}
