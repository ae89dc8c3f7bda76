/** What the other one is shown of a person. */
export interface Person {
  readonly userId: string
  /** Of the account, for the highest to win. */
  readonly version: number
  readonly username: string
  readonly birthYear: number
  readonly birthMonth: number
  readonly profilePhotoUrl: string | null
}

/** The age that others see, which turns on the 1st of the birth month (UTC). */
export function ageOf({ birthYear, birthMonth }: Person, now: Date): number {
  const turned = now.getUTCMonth() + 1 >= birthMonth
  return now.getUTCFullYear() - birthYear - (turned ? 0 : 1)
}
