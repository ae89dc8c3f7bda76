import type { Revocations } from '@walking-buddy/access'
import type { Connections } from './connections.ts'
import type { PartnerPosition } from './ports.ts'

/** A position that could not be sent for so long is not sent: its window may have closed since. */
const maxAgeMs = 1_000

/** Passes a partner's position on. Location decides who may see it; a block that is known here stops it here too. */
export const sharePosition =
  (deps: { connections: Connections; sessions: Pick<Revocations, 'recentlyBlocked'> }) =>
  ({ recipientId, walkId, userId, position, recordedAt }: PartnerPosition): void => {
    if (deps.sessions.recentlyBlocked(recipientId, userId)) return
    const data = () => ({ walkId, userId, ...position.reveal(), recordedAt: recordedAt.toISOString() })
    for (const connection of deps.connections.ofUser(recipientId))
      connection.offer('walk:position', `${walkId} ${userId}`, data, maxAgeMs)
  }
