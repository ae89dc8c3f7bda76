/**
 * The order of a nearby list, as a person would explain it:
 *
 * 1. Nearer first, in bands of some minutes' walk (`bandEdgesMeters`). Where people are many, a band ends as soon as
 *    its nearest cells hold `bandCrowd` people who suit: of a crowd the nearest part is compared first.
 * 2. Within a band whoever agrees better (`Suitability.agreement`: pace and age),
 * 3. then whoever was seen more recently (half hours), then whoever is nearer.
 * 4. What is equal in all of this is ordered by a keyed hash, differently for each viewer and always the same for
 *    one: nobody is always first, and the order tells nothing. Where more than `bandCrowd` people of one cell suit a
 *    viewer, the same hash chooses those who are compared.
 *
 * The first entries of a longer list are the shorter list.
 */
export const bandEdgesMeters: readonly number[] = [
  400, 800, 1_200, 1_600, 2_400, 3_200, 4_800, 6_400, 9_600, 12_800, 19_200, 25_600, 38_400, 51_200, 65_535,
]

/** As many as the longest list has. */
export const bandCrowd = 100

/** Index of the band that a distance lies in, where no crowd ends it earlier. */
export const bandOf = (distanceMeters: number): number =>
  bandEdgesMeters.findIndex(edge => distanceMeters <= edge)

/** Half hours since 1970: the finest that is told of when somebody was seen. */
export type SeenStep = number

export const seenStepMs = 30 * 60_000

export const seenStepOf = (timeMs: number): SeenStep => Math.max(0, Math.floor(timeMs / seenStepMs))

const maxSeenStep = 2 ** 21 - 1

/** Rules 2 and 3 as one number; less is better. */
export const placeInBand = (agreement: number, seen: SeenStep, distanceMeters: number): number =>
  ((4 - agreement) * (maxSeenStep + 1) + (maxSeenStep - Math.min(seen, maxSeenStep))) * 0x10000 +
  distanceMeters

/** Rule 4: less is better. Both numbers are keyed hashes, one of a person as seen, the other of a person who looks. */
export const tieOf = (seenAs: number, looksAs: number): number => (seenAs ^ looksAs) >>> 0
