import type { LocationServiceService, PositionReport } from '@walking-buddy/contracts/grpc/location'
import type { Client } from '@walking-buddy/grpc'
import { wandering } from './wandering.ts'

/** A realtime instance's end of its stream to location. */
export function positionStream(client: Client<typeof LocationServiceService>, userIds: readonly string[]) {
  const over = new AbortController()
  const stream = client.streamPositions({ signal: over.signal })
  const next = wandering(userIds)
  const waiting = new Map<number, () => void>()
  let refused = ''
  let sequence = 0
  const hearing = (async () => {
    for await (const { message } of stream.responses) {
      if (message?.$case !== 'results') continue
      for (const result of message.value.results) {
        if (result.code !== '') refused = `${result.code} ${result.detail}`
        waiting.get(result.sequence)?.()
        waiting.delete(result.sequence)
      }
    }
  })()

  return {
    /** Sends so many positions in one message; resolves when each has its result. @throws Error when one was refused */
    async send(count: number): Promise<void> {
      const answered: Promise<void>[] = []
      const reports: PositionReport[] = []
      for (let i = 0; i < count; i++) {
        const { userId, lat, lng } = next()
        sequence += 1
        const own = sequence
        answered.push(new Promise(resolve => waiting.set(own, resolve)))
        reports.push({ sequence: own, userId, lat, lng, accuracyMeters: 5 })
      }
      await stream.send({ message: { $case: 'reports', value: { reports } } })
      await Promise.all(answered)
      if (refused !== '') throw new Error(`a position was refused: ${refused}`)
    },
    stop: async () => {
      over.abort()
      await hearing.catch(() => {})
    },
  }
}
