import {
  ageFromOf,
  ageIn,
  ageToOf,
  bornOf,
  genderOfKind,
  kindOf,
  type Month,
  paceOfKind,
  radiusOf,
  wantedOfKind,
} from './traits.ts'

/**
 * Whom one person suits, and who suits them. Every rule holds both ways:
 *
 * - radius: each is within the radius of the other, between the centres of both published cells;
 * - pace: both named the same, or at least one of them said any. A pace that somebody named is meant: who does not
 *   mind says any;
 * - age, as others see it, lies within the other's range;
 * - gender: each accepts the other's; one that is not told is accepted only by those who accept anyone.
 *
 * Made for scans: `aim` prepares one person, after which each other costs a few comparisons.
 */
export class Suitability {
  #radiusMeters = 0
  #age = 0
  #month: Month = 0
  #bornFrom: Month = 0
  #bornTo: Month = 0
  #pace = 0
  /** By kind of the other: whether gender and pace agree both ways. */
  readonly #kinds = new Uint8Array(64)

  /** Prepares for a person, in packed traits; `radiusMeters` may be less than they would accept. */
  aim(first: number, second: number, month: Month, radiusMeters: number): void {
    const kind = kindOf(second)
    const gender = genderOfKind(kind)
    const wanted = wantedOfKind(kind)
    this.#radiusMeters = Math.min(radiusMeters, radiusOf(first))
    this.#month = month
    this.#age = ageIn(month, bornOf(first))
    this.#bornFrom = month - 12 * ageToOf(second) - 11
    this.#bornTo = month - 12 * ageFromOf(second)
    this.#pace = paceOfKind(kind)
    for (let other = 0; other < 64; other++)
      this.#kinds[other] = Number(
        accepts(wanted, genderOfKind(other)) &&
          accepts(wantedOfKind(other), gender) &&
          (this.#pace === 0 || paceOfKind(other) === 0 || this.#pace === paceOfKind(other)),
      )
  }

  /** How far this person may be from whom they suit. */
  get radiusMeters(): number {
    return this.#radiusMeters
  }

  /** Whether another person at that distance and the one aimed for suit each other. */
  admits(first: number, second: number, distanceMeters: number): boolean {
    const born = bornOf(first)
    return (
      this.#kinds[kindOf(second)] === 1 &&
      distanceMeters <= this.#radiusMeters &&
      distanceMeters <= radiusOf(first) &&
      born >= this.#bornFrom &&
      born <= this.#bornTo &&
      this.#age >= ageFromOf(second) &&
      this.#age <= ageToOf(second)
    )
  }

  /** How well two who suit each other agree: 0 to 4. The same pace counts as much as being within five years. */
  agreement(first: number, second: number): number {
    const years = Math.abs(ageIn(this.#month, bornOf(first)) - this.#age)
    const samePace = paceOfKind(kindOf(second)) === this.#pace
    return (samePace ? 2 : 0) + (years <= 5 ? 2 : years <= 10 ? 1 : 0)
  }
}

/** Numbers as in the packed traits: 0 is anyone, or not told. */
const accepts = (wanted: number, gender: number): boolean => wanted === 0 || wanted === gender
