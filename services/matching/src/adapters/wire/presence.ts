import { type CellId, parseCellToken } from '@walking-buddy/cells'
import type { PublishedPresence } from '@walking-buddy/contracts/grpc/location'
import { invalid } from '@walking-buddy/errors'
import type { Presence } from '../../domain/facts.ts'

/** @throws AppError invalid `unknown-cell` */
export const presenceOf = (message: PublishedPresence): Presence => ({
  userId: message.userId,
  version: message.version,
  cell: message.cell === '' ? null : cellOf(message.cell),
  lastSeenMs: message.lastSeen?.getTime() ?? 0,
})

function cellOf(token: string): CellId {
  try {
    return parseCellToken(token)
  } catch (cause) {
    throw invalid('unknown-cell', undefined, { cause })
  }
}
