import { invalid } from '@walking-buddy/errors'
import { z } from 'zod'

/** Opaque to clients: where the next page begins. */
export const cursorOf = (lastId: string | undefined): string | null =>
  lastId === undefined ? null : Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url')

/** @throws AppError invalid for what no answer has given */
export function idIn(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  if (!z.guid().safeParse(id).success)
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'query.cursor', message: 'is not a cursor of this list' }],
    })
  return id
}
