const wordsPerId = 4
const uuidLength = 36
const isDash = Uint8Array.from({ length: uuidLength }, (_, at) => Number([8, 13, 18, 23].includes(at)))

const digitOf = new Int8Array(128).fill(-1)
for (let digit = 0; digit < 16; digit++) {
  digitOf[digit.toString(16).charCodeAt(0)] = digit
  digitOf[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}
const digits = Buffer.from('0123456789abcdef')

/**
 * People as small consecutive numbers, each with a record that begins with their id. Nobody ever leaves.
 * Besides its records it takes at most 16 bytes a person.
 */
export class UserTable {
  /** The records as 32-bit words, the first four of each being the id, */
  words: Uint32Array
  /** and the same memory as floating point numbers, half as many. */
  numbers: Float64Array
  readonly #stride: number
  #slots = new Int32Array(128).fill(-1)
  #size = 0
  readonly #parsed = new Uint32Array(wordsPerId)
  readonly #text = Buffer.alloc(uuidLength, '-')

  /** @param stride words of a record: even, and at least four */
  constructor(stride: number) {
    this.#stride = stride
    this.words = new Uint32Array(64 * stride)
    this.numbers = new Float64Array(this.words.buffer)
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.words.byteLength + this.#slots.byteLength
  }

  /** The number of a known user; -1 for everyone else and for what is no UUID. */
  find(id: string): number {
    return this.#parse(id) ? this.#slots[this.#slotOf()]! : -1
  }

  /** The number of a user, new or known. @throws RangeError where the id is no UUID */
  intern(id: string): number {
    if (!this.#parse(id)) throw new RangeError('not a UUID')
    const slot = this.#slotOf()
    const known = this.#slots[slot]!
    if (known >= 0) return known
    const user = this.#size++
    if (this.#size * this.#stride > this.words.length) this.#grow()
    this.words.set(this.#parsed, user * this.#stride)
    this.#slots[slot] = user
    if (this.#size * 2 > this.#slots.length) this.#rebuild()
    return user
  }

  /** The UUID in lower case. */
  idOf(user: number): string {
    for (let word = 0, at = 0; word < wordsPerId; word++) {
      const value = this.words[user * this.#stride + word]!
      for (let shift = 28; shift >= 0; shift -= 4) {
        if (isDash[at]) at += 1
        this.#text[at++] = digits[(value >>> shift) & 15]!
      }
    }
    return this.#text.toString('latin1')
  }

  /** Order of ids, negative where `a` comes first. */
  compare(a: number, b: number): number {
    for (let word = 0; word < wordsPerId; word++) {
      const difference = this.words[a * this.#stride + word]! - this.words[b * this.#stride + word]!
      if (difference !== 0) return difference
    }
    return 0
  }

  #parse(id: string): boolean {
    if (id.length !== uuidLength) return false
    let word = 0
    let count = 0
    for (let i = 0; i < uuidLength; i++) {
      const code = id.charCodeAt(i)
      if (isDash[i]) {
        if (code !== 45) return false
        continue
      }
      const digit = code < 128 ? digitOf[code]! : -1
      if (digit < 0) return false
      word = (word << 4) | digit
      count += 1
      if ((count & 7) === 0) this.#parsed[(count >>> 3) - 1] = word
    }
    return true
  }

  /** Where the parsed id is, or would go. */
  #slotOf(): number {
    const mask = this.#slots.length - 1
    let slot = hash(this.#parsed, 0) & mask
    for (let user = this.#slots[slot]!; user >= 0; user = this.#slots[slot]!) {
      if (this.#isParsed(user)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #isParsed(user: number): boolean {
    for (let word = 0; word < wordsPerId; word++)
      if (this.words[user * this.#stride + word] !== this.#parsed[word]) return false
    return true
  }

  #grow(): void {
    const grown = new Uint32Array(this.words.length * 2)
    grown.set(this.words)
    this.words = grown
    this.numbers = new Float64Array(grown.buffer)
  }

  #rebuild(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let user = 0; user < this.#size; user++) {
      let slot = hash(this.words, user * this.#stride) & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = user
    }
    this.#slots = slots
  }
}

/** Ids of version 7 share their first words with those made about the same time: all four count. */
function hash(words: Uint32Array, from: number): number {
  let mixed = 0
  for (let word = 0; word < wordsPerId; word++)
    mixed = Math.imul(mixed ^ words[from + word]!, 0x9e3779b1) ^ (mixed >>> 13)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
