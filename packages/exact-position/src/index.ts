import { inspect } from 'node:util'

/**
 * Where a person really is, in degrees WGS 84. It refuses to be printed, serialised or spread: whoever needs the
 * numbers says so by `reveal`, and only location, walk, realtime (in transit) and safety may import this package.
 */
export class ExactPosition {
  readonly #lat: number
  readonly #lng: number

  /** @throws RangeError outside of [-90, 90] and [-180, 180] */
  constructor(lat: number, lng: number) {
    if (!(Math.abs(lat) <= 90) || !(Math.abs(lng) <= 180)) throw new RangeError('not a position on Earth')
    this.#lat = lat
    this.#lng = lng
  }

  /** The numbers, for arithmetic, for the walker and for the partner within the sharing window. */
  reveal(): { lat: number; lng: number } {
    return { lat: this.#lat, lng: this.#lng }
  }

  toJSON(): string {
    return '[exact position]'
  }

  toString(): string {
    return '[exact position]'
  }

  [inspect.custom](): string {
    return '[exact position]'
  }
}
