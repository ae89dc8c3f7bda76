const absent = -1

/**
 * From non-negative safe integers to non-negative 32-bit ones, in two typed arrays: at most 24 bytes an entry
 * where a `Map` takes about 40. Open addressing with linear probing; deleting moves followers up, so that nothing
 * is left behind by entries that come and go.
 */
export class NumberMap {
  #keys = new Float64Array(16).fill(absent)
  #values = new Int32Array(16)
  #size = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#keys.byteLength + this.#values.byteLength
  }

  /** The value, or -1. */
  get(key: number): number {
    const slot = this.#find(key)
    return this.#keys[slot] === key ? this.#values[slot]! : absent
  }

  set(key: number, value: number): void {
    let slot = this.#find(key)
    if (this.#keys[slot] !== key) {
      // Never more than half full, so that probing stays short.
      if ((this.#size + 1) * 2 > this.#keys.length) {
        this.#rebuild(this.#keys.length * 2)
        slot = this.#find(key)
      }
      this.#keys[slot] = key
      this.#size += 1
    }
    this.#values[slot] = value
  }

  delete(key: number): void {
    const keys = this.#keys
    const mask = keys.length - 1
    let gap = this.#find(key)
    if (keys[gap] !== key) return
    for (let slot = (gap + 1) & mask; keys[slot] !== absent; slot = (slot + 1) & mask) {
      const home = hash(keys[slot]!) & mask
      // An entry may move into the gap unless its home lies after it.
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      keys[gap] = keys[slot]!
      this.#values[gap] = this.#values[slot]!
      gap = slot
    }
    keys[gap] = absent
    this.#size -= 1
  }

  /** The slot of a key, or the empty one where it would go. */
  #find(key: number): number {
    const keys = this.#keys
    const mask = keys.length - 1
    let slot = hash(key) & mask
    while (keys[slot] !== key && keys[slot] !== absent) slot = (slot + 1) & mask
    return slot
  }

  #rebuild(length: number): void {
    const keys = this.#keys
    const values = this.#values
    this.#keys = new Float64Array(length).fill(absent)
    this.#values = new Int32Array(length)
    for (let i = 0; i < keys.length; i++)
      if (keys[i] !== absent) {
        const slot = this.#find(keys[i]!)
        this.#keys[slot] = keys[i]!
        this.#values[slot] = values[i]!
      }
  }
}

function hash(key: number): number {
  const high = (key / 2 ** 32) | 0
  const mixed = Math.imul((key | 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
