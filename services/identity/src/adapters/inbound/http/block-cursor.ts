import { invalid } from '@walking-buddy/errors'
import { z } from 'zod'
import type { BlockEntry, BlockPosition } from '../../../application/ports.ts'

const shape = z.tuple([z.int().nonnegative().max(8.64e15), z.guid()])

/** Where the next page begins. Opaque to clients. */
export const blockCursor = ({ blockedAt, userId }: BlockEntry): string =>
  Buffer.from(JSON.stringify([blockedAt.getTime(), userId])).toString('base64url')

/** @throws AppError invalid for a cursor that was not given out */
export function readBlockCursor(cursor: string | undefined): BlockPosition | undefined {
  if (cursor === undefined) return undefined
  try {
    const [at, userId] = shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { at: new Date(at), userId }
  } catch (cause) {
    throw invalid('invalid-request', 'The request has faults.', {
      faults: [{ path: 'query.cursor', message: 'is not a cursor of this list' }],
      cause,
    })
  }
}
