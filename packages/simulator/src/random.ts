/** Seeded randomness: the same seed gives the same town and the same day. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** In [low, high). */
  between(low: number, high: number): number
  /** An integer in [low, high]. */
  integer(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** Normal with mean 0. */
  gaussian(sigma: number): number
  /** A stream of its own for a part, so that one part's draws do not shift another's. */
  fork(label: string): Random
}

/** sfc32 seeded by a hash of the text (both in the public domain; PractRand finds no fault in sfc32). */
export function seededRandom(seed: string): Random {
  let [a, b, c, d] = hash(seed)
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 15; i++) next()
  const random: Random = {
    next,
    between: (low, high) => low + next() * (high - low),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: probability => next() < probability,
    pick: items => items[Math.floor(next() * items.length)]!,
    gaussian: sigma => sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: label => seededRandom(`${seed}/${label}`),
  }
  return random
}

function hash(text: string): [number, number, number, number] {
  const state: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef]
  for (let i = 0; i < text.length; i++)
    for (let k = 0; k < 4; k++) {
      const mixed = Math.imul(state[k]! ^ text.charCodeAt(i), 0x85ebca6b + 2 * k)
      state[k] = (mixed ^ (mixed >>> 13)) | 0
    }
  return state
}
