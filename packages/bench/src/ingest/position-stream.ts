import { LocationServiceService, locationCallers } from '@walking-buddy/contracts/grpc/location'
import { type Client, grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { systemClock } from '@walking-buddy/service-kit'
import { createMetrics } from '@walking-buddy/telemetry'
import { serviceSecret } from '../peers/serve-peer.ts'
import type { Position } from './positions.ts'

/** location as realtime calls it. */
export async function locationClient(port: number) {
  const part = grpcClient(
    LocationServiceService,
    locationCallers,
    { address: `127.0.0.1:${port}`, service: 'location' },
    {
      tokens: serviceTokens({ service: 'realtime', secret: serviceSecret, clock: systemClock }),
      metrics: createMetrics({ service: 'bench' }),
      clock: systemClock,
    },
  )
  const { value, stop } = await part('location')
  return { client: value, stop: () => stop!(AbortSignal.timeout(1_000)) }
}

/** Most that go in one message. */
const mostTogether = 500

/** One long-lived stream: what is reported within one turn of the event loop goes up together, as realtime does it. */
export class PositionStream {
  readonly #ended = new AbortController()
  readonly #send: ReturnType<Client<typeof LocationServiceService>['streamPositions']>['send']
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>()
  #queue: (Position & { sequence: number })[] = []
  #sequence = 0

  constructor(client: Client<typeof LocationServiceService>) {
    const { send, responses } = client.streamPositions({ signal: this.#ended.signal })
    this.#send = send
    void this.#read(responses)
  }

  /** Resolves once it was taken. @throws Error with the code where it was not */
  report(position: Position): Promise<void> {
    const sequence = this.#sequence
    this.#sequence = (sequence + 1) >>> 0
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(sequence, waiting)
    if (this.#queue.length === 0) setImmediate(() => this.#flush())
    this.#queue.push({ ...position, sequence })
    return waiting.promise
  }

  close(): void {
    this.#ended.abort()
  }

  #flush(): void {
    const queue = this.#queue
    this.#queue = []
    for (let from = 0; from < queue.length; from += mostTogether)
      this.#send({
        message: { $case: 'reports', value: { reports: queue.slice(from, from + mostTogether) } },
      }).catch(error => this.#fail(error))
  }

  async #read(
    responses: ReturnType<Client<typeof LocationServiceService>['streamPositions']>['responses'],
  ): Promise<void> {
    try {
      for await (const { message } of responses)
        for (const { sequence, code } of message?.$case === 'results' ? message.value.results : []) {
          const waiting = this.#waiting.get(sequence)
          this.#waiting.delete(sequence)
          if (code === '') waiting?.resolve()
          else waiting?.reject(new Error(code))
        }
      this.#fail(new Error('stream ended'))
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
