import type { Clock } from '@walking-buddy/service-kit'
import type { Connection } from '../../../application/ports.ts'

/** The more sockets, the longer they take to leave, up to what the operator allows. */
const perSocketMs = 10

/**
 * Sends everybody elsewhere before a shutdown, each at a moment of its own, so that the others are not overrun.
 * Until its moment a socket works as ever; clients that do not leave by themselves are cut and come back.
 */
export async function drain(
  connections: readonly Connection[],
  deps: { maxMs: number; clock: Clock; random: () => number; deadline: AbortSignal },
): Promise<void> {
  const { clock, random, deadline } = deps
  const spreadMs = Math.min(deps.maxMs, connections.length * perSocketMs)
  const leaving = connections
    .map(connection => ({ connection, afterMs: Math.floor(random() * spreadMs) }))
    .sort((a, b) => a.afterMs - b.afterMs)
  for (const { connection, afterMs } of leaving)
    connection.tell('session:draining', { reconnectAfterMs: afterMs })
  const startedMs = clock.monotonicMs()
  for (const { connection, afterMs } of leaving) {
    const waitMs = startedMs + afterMs - clock.monotonicMs()
    if (waitMs > 0) await clock.delay(waitMs, deadline)
    connection.cut()
  }
}
