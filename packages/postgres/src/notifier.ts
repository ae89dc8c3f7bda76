import type { Clock } from '@walking-buddy/service-kit'

/**
 * Sends NOTIFY apart from the transactions that it is about: inside of them it would make all commits of the
 * server wait for each other. At most one statement per `spacingMs`, the first at once. Notifications may be lost,
 * and receivers poll as well.
 */
export function createNotifier(send: (channels: string[]) => Promise<unknown>, clock: Clock, spacingMs = 10) {
  const waiting = new Set<string>()
  let sending = false

  const drain = async (): Promise<void> => {
    sending = true
    while (waiting.size > 0) {
      const channels = [...waiting]
      waiting.clear()
      await send(channels).catch(() => {
        // A hint. Whoever waits for it polls, and the pool has counted the failure.
      })
      await clock.delay(spacingMs)
    }
    sending = false
  }

  return (channel: string): void => {
    waiting.add(channel)
    if (!sending) void drain()
  }
}
