const stride = 4
const firstCellAt = 1
const cellCountAt = 2
const sizeClassAt = 3
const empty = -1

/**
 * Where the cells of each bucket are, by the bucket's place on the map. Open addressing in one array: a bucket is
 * found with one look at memory, and its neighbours to the east mostly with the same. Slots move when others come
 * and go: what `find` gives is of use until the next change.
 */
export class BucketTable {
  #slots = new Int32Array(16 * stride).fill(empty)
  #size = 0

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** The slot of a bucket, or -1 where it is empty. */
  find(place: number): number {
    const slot = this.#probe(place)
    return this.#slots[slot] === place ? slot : empty
  }

  /** The first record of a bucket's cells. */
  firstCell(slot: number): number {
    return this.#slots[slot + firstCellAt]!
  }

  cellCount(slot: number): number {
    return this.#slots[slot + cellCountAt]!
  }

  /** Of the block that holds the records. */
  sizeClass(slot: number): number {
    return this.#slots[slot + sizeClassAt]!
  }

  set(slot: number, firstCell: number, cellCount: number, sizeClass: number): void {
    this.#slots[slot + firstCellAt] = firstCell
    this.#slots[slot + cellCountAt] = cellCount
    this.#slots[slot + sizeClassAt] = sizeClass
  }

  /** A slot for a bucket that had none. */
  add(place: number): number {
    // Never more than half full, so that probing stays short.
    if ((this.#size + 1) * 2 * stride > this.#slots.length) this.#grow()
    this.#size += 1
    const slot = this.#probe(place)
    this.#slots[slot] = place
    return slot
  }

  /** Followers move up, so that nothing is left behind by buckets that come and go. */
  remove(place: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let gap = this.#probe(place)
    for (let slot = (gap + stride) & mask; slots[slot] !== empty; slot = (slot + stride) & mask) {
      const home = homeOf(slots[slot]!) & mask
      // An entry may move into the gap unless its home lies after it.
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      slots.copyWithin(gap, slot, slot + stride)
      gap = slot
    }
    slots[gap] = empty
    this.#size -= 1
  }

  /** The slot of a bucket, or the empty one where it would go. */
  #probe(place: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = homeOf(place) & mask
    while (slots[slot] !== place && slots[slot] !== empty) slot = (slot + stride) & mask
    return slot
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 2).fill(empty)
    for (let from = 0; from < before.length; from += stride)
      if (before[from] !== empty) {
        const slot = this.#probe(before[from]!)
        this.#slots.set(before.subarray(from, from + stride), slot)
      }
  }
}

/** Four neighbours in a row begin side by side: a cache line. */
function homeOf(place: number): number {
  const mixed = Math.imul(place >>> 2, 0x9e3779b1)
  return ((mixed ^ (mixed >>> 15)) << 4) | ((place & 3) << 2)
}
