import { createHash } from 'node:crypto'

/** A position as a phone reports it. */
export interface Position {
  userId: string
  lat: number
  lng: number
}

/** Walkers of a town, each of whom takes a step with every report. */
export class StrollingPeople {
  readonly userIds: readonly string[]
  #turn = 0

  constructor(count: number) {
    this.userIds = Array.from({ length: count }, (_, i) => userIdOf(i))
  }

  next(): Position {
    const i = this.#turn % this.userIds.length
    const step = Math.floor(this.#turn / this.userIds.length) % 100
    this.#turn += 1
    // A centimetre at a time, back and forth: however often one reports, nobody is implausibly fast.
    return {
      userId: this.userIds[i]!,
      lat: 48 + (i % 100) * 2e-4 + step * 1e-7,
      lng: -20 + Math.floor(i / 100) * 3e-4,
    }
  }
}

function userIdOf(number: number): string {
  const hex = createHash('sha256').update(`phone ${number}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
