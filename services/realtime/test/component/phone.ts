import { type DurableEvent, type DurableEventName, durableEvents } from '@walking-buddy/contracts/socket'
import type { Problem } from '@walking-buddy/errors'
import { until } from '@walking-buddy/testkit'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'

export type Acknowledged =
  | { ok: true; data: Record<string, unknown> }
  | { ok: false; problem: Problem & { retryAfterSeconds?: number } }

export interface Received {
  name: string
  data: Record<string, unknown>
}

/** A client as an app has one: a plain Socket.IO client that confirms what it has handled and goes on from there. */
export interface Phone {
  readonly socket: Socket
  /** Durable events, in the order in which they came. */
  readonly events: (DurableEvent & { name: DurableEventName; data: Record<string, unknown> | null })[]
  /** Confirmations that it has not given. */
  readonly unconfirmed: (() => void)[]
  /** Everything else. */
  readonly told: Received[]
  /** Where it would go on from. */
  position(): { stream: string; seq: number } | undefined
  send(name: string, payload?: unknown): Promise<Acknowledged>
  first(name: string): Promise<Record<string, unknown>>
  close(): void
}

export interface PhoneOptions extends Partial<ManagerOptions & SocketOptions> {
  /** false: it reads, and never confirms. */
  confirms?: boolean
  /** Where to go on from at the first connection. */
  resumeFrom?: { stream: string; seq: number }
}

export function phone(
  port: number,
  token: string | (() => Promise<string>),
  { confirms = true, resumeFrom, ...options }: PhoneOptions = {},
): Phone {
  const events: Phone['events'] = []
  const told: Received[] = []
  const unconfirmed: Phone['unconfirmed'] = []
  let position = resumeFrom
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
    forceNew: true,
    ...options,
    auth: async (give: (auth: object) => void) =>
      give({ token: typeof token === 'string' ? token : await token(), resumeFrom: position }),
  })
  socket.onAny((name: string, data: Record<string, unknown>, confirm?: () => void) => {
    if (Object.hasOwn(durableEvents, name)) {
      const event = data as unknown as DurableEvent
      events.push({
        ...event,
        name: name as DurableEventName,
        data: event.data as Record<string, unknown> | null,
      })
      if (position) position = { ...position, seq: event.seq }
      if (confirms) confirm?.()
      else if (confirm) unconfirmed.push(confirm)
    } else {
      if (name === 'session:ready' || name === 'session:resync')
        position = { stream: String(data['stream']), seq: Number(data['seq']) }
      told.push({ name, data })
    }
  })
  return {
    socket,
    events,
    unconfirmed,
    told,
    position: () => position,
    send: (name, payload) =>
      socket.timeout(8_000).emitWithAck(name, ...(payload === undefined ? [] : [payload])),
    first: async name =>
      (await until(() => told.find(one => one.name === name), { what: `${name} at the phone` })).data,
    close: () => void socket.disconnect(),
  }
}

/** Waits for the refusal of a phone that is not to be let in. */
export const refusal = (refused: Phone): Promise<Problem> =>
  new Promise((resolve, reject) => {
    refused.socket.once('connect_error', error => {
      const { data } = error as Error & { data?: Problem }
      if (data) resolve(data)
      else reject(error)
    })
    refused.socket.once('connect', () => reject(new Error('it was let in')))
  })

/** What was granted. @throws Error when it was not */
export function granted(answer: Acknowledged): Record<string, unknown> {
  if (!answer.ok) throw new Error(`refused: ${answer.problem.code}`)
  return answer.data
}
