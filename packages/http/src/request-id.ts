import { randomUUID } from 'node:crypto'

/** The gateway's id where it is one, else a new one. */
export const requestIdOf = (given: string | undefined): string =>
  given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : randomUUID()
