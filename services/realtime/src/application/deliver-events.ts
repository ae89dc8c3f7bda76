import type { Clock } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import { type DeliveryWindow, deliveryWindow } from '../domain/delivery-window.ts'
import { batched } from './batched.ts'
import type { Confirmations } from './confirm-events.ts'
import type { LookUpWalks } from './look-up-walks.ts'
import type { Connection, Reader, StreamEvent, Streams, Walk } from './ports.ts'
import { trouble } from './trouble.ts'

/** Events sent to one socket that its client has not confirmed. */
const windowSize = 64

/** Brings every connection what its user's stream holds, in order, as fast as its client confirms. */
export interface EventFeed {
  /** From here on; the connection is known to have everything up to `from`. */
  attach(connection: Connection, from: number): void
  detach(connection: Connection): void
  /** Something was appended to these users' streams. */
  wake(userIds: Iterable<string>): void
  /** Something may have been missed: looks at everybody's. */
  catchUp(): Promise<void>
}

interface Delivery {
  connection: Connection
  window: DeliveryWindow
  attached: boolean
  attachedAtMs: number
  running: boolean
  /** Woken while it ran. */
  again: boolean
  /** The window was full: confirmations let it go on. */
  waiting: boolean
}

export function eventFeed(deps: {
  streams: Streams
  lookUp: LookUpWalks
  confirmations: Confirmations
  clock: Clock
  log: Logger
  metrics: Metrics
}): EventFeed {
  const { streams, lookUp, confirmations, clock } = deps
  const byUser = new Map<string, Delivery[]>()
  const delivered = deps.metrics.counter(
    'realtime_events_delivered_total',
    'Events of user streams sent to sockets',
    ['name'],
  )
  const resyncs = deps.metrics.counter(
    'realtime_resyncs_total',
    'Connections that fell out of the window',
    [],
  )
  const delay = deps.metrics.histogram(
    'realtime_event_delay_seconds',
    'From what happened to its sending, where the socket was open by then',
    [],
  )
  const read = batched((readers: readonly Reader[]) => streams.read(readers, windowSize))

  const reading = trouble(deps.log, 'streams cannot be read')

  const userOf = ({ connection }: Delivery) => connection.caller.userId

  const send = (delivery: Delivery, event: StreamEvent, data: Walk | null): void => {
    const { connection, window } = delivery
    const { seq, id, name, at } = event
    window.send(seq)
    delivered.inc({ name })
    if (at.getTime() >= delivery.attachedAtMs)
      delay.observe({}, Math.max(0, clock.now() - at.getTime()) / 1000)
    connection.deliver(name, { seq, id, at: at.toISOString(), data }, () => {
      const before = window.confirmed
      window.confirm(seq)
      if (window.confirmed > before) confirmations.note({ userId: userOf(delivery), seq: window.confirmed })
      if (delivery.waiting && window.room >= windowSize / 2) run(delivery)
    })
  }

  /** The stream has moved on without this connection: what is missing has left the window. */
  const resync = async (delivery: Delivery): Promise<void> => {
    const { stream, seq } = await streams.open(userOf(delivery))
    if (!delivery.attached) return
    resyncs.inc()
    delivery.window = deliveryWindow(seq, windowSize)
    delivery.connection.tell('session:resync', { stream, seq })
  }

  /** One round; false when there is nothing more to send or nobody to send it to. */
  const advance = async (delivery: Delivery): Promise<boolean> => {
    if (!delivery.attached) return false
    delivery.waiting = delivery.window.room === 0
    if (delivery.waiting) return false
    const following = await read({ userId: userOf(delivery), seq: delivery.window.sent })
    const next = following.slice(0, delivery.window.room)
    if (next.length === 0) return false
    if (next[0]!.seq !== delivery.window.sent + 1) {
      await resync(delivery)
      return true
    }
    const seen = await lookUp(userOf(delivery), next, () => delivery.attached)
    if (!delivery.attached) return false
    for (const event of next) send(delivery, event, seen.get(event.walkId) ?? null)
    return true
  }

  const run = (delivery: Delivery): void => {
    delivery.again = true
    if (delivery.running) return
    delivery.running = true
    const rounds = async () => {
      try {
        while (delivery.again) {
          delivery.again = false
          while (await advance(delivery));
        }
        reading.worked()
      } catch (error) {
        // The next look at everybody's streams finds this one behind.
        reading.failed(error)
      } finally {
        delivery.running = false
      }
    }
    void rounds()
  }

  const wake = (userIds: Iterable<string>): void => {
    for (const userId of userIds) for (const delivery of byUser.get(userId) ?? []) run(delivery)
  }

  return {
    wake,
    attach(connection, seq) {
      const delivery: Delivery = {
        connection,
        window: deliveryWindow(seq, windowSize),
        attached: true,
        attachedAtMs: clock.now(),
        running: false,
        again: false,
        waiting: false,
      }
      const { userId } = connection.caller
      byUser.set(userId, [...(byUser.get(userId) ?? []), delivery])
      run(delivery)
    },
    detach(connection) {
      const { userId } = connection.caller
      const rest = (byUser.get(userId) ?? []).filter(delivery => {
        if (delivery.connection === connection) delivery.attached = false
        return delivery.attached
      })
      if (rest.length === 0) byUser.delete(userId)
      else byUser.set(userId, rest)
    },
    async catchUp() {
      if (byUser.size === 0) return
      const readers = [...byUser].map(([userId, deliveries]) => ({
        userId,
        seq: Math.min(...deliveries.map(({ window }) => window.sent)),
      }))
      wake(await streams.behind(readers))
    },
  }
}
