import { randomBytes, randomUUID } from 'node:crypto'
import { io, type Socket } from 'socket.io-client'

// Clients here know api.md and nothing else of the product.

export interface Answer<T = Record<string, unknown>> {
  status: number
  headers: Headers
  body: T
  text: string
}

/** One request, exactly as given. */
export async function request<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  options: {
    token?: string | undefined
    body?: unknown
    raw?: string
    headers?: Record<string, string>
  } = {},
): Promise<Answer<T>> {
  const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (text === '' ? undefined : JSON.parse(text)) as T,
  }
}

/** Someone with an account. */
export interface Person {
  id: string
  email: string
  password: string
  token: string
  refreshToken: string
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<T>>
  socket(): Promise<Connection>
}

export interface Connection {
  socket: Socket
  ready: { stream: string; seq: number; resumed: boolean }
  /** Everything received, in order. */
  events: { name: string; data: unknown }[]
  /** Data of durable events of this name. */
  durable<T = Record<string, unknown>>(name: string): { seq: number; id: string; at: string; data: T }[]
  latest<T = Record<string, unknown>>(name: string): T[]
  emit<T = Record<string, unknown>>(
    event: string,
    payload?: unknown,
  ): Promise<{ ok: true; data: T } | { ok: false; problem: { status: number; code: string } }>
  close(): void
}

/** Registers a walker. */
export async function register(url: string, overrides: Record<string, unknown> = {}): Promise<Person> {
  const handle = `w${randomBytes(6).toString('hex')}`
  const registration = {
    email: `${handle}@example.org`,
    password: `pass-${handle}`,
    username: handle,
    birthDate: '1990-06-15',
    ...overrides,
  }
  const { status, body, text } = await request<{
    user: { id: string }
    accessToken: string
    refreshToken: string
  }>(url, 'POST', '/api/auth/register', { body: registration, headers: { 'idempotency-key': randomUUID() } })
  if (status !== 201) throw new Error(`register: ${status} ${text}`)
  const person: Person = {
    id: body.user.id,
    email: registration.email as string,
    password: registration.password as string,
    token: body.accessToken,
    refreshToken: body.refreshToken,
    call: (method, path, payload, headers) =>
      request(url, method, path, {
        token: person.token,
        ...(payload === undefined ? {} : { body: payload }),
        ...(headers ? { headers } : {}),
      }),
    socket: () => connect(url, person.token),
  }
  return person
}

/** Registers a walker who can be found at a place. */
export async function walkerAt(
  url: string,
  at: { lat: number; lng: number },
  overrides: Record<string, unknown> = {},
): Promise<Person> {
  const person = await register(url, overrides)
  await expectStatus(person.call('PUT', '/api/users/preferences', { isLocationEnabled: true }), 200)
  await expectStatus(person.call('PUT', '/api/users/location', at), 200)
  await expectStatus(person.call('PUT', '/api/users/availability', { available: true }), 200)
  return person
}

export async function expectStatus<T>(answer: Promise<Answer<T>>, status: number): Promise<T> {
  const given = await answer
  if (given.status !== status) throw new Error(`expected ${status}, got ${given.status}: ${given.text}`)
  return given.body
}

/** Opens a socket and waits for `session:ready`. */
export function connect(
  url: string,
  token: string,
  resumeFrom?: { stream: string; seq: number },
): Promise<Connection> {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { token, ...(resumeFrom ? { resumeFrom } : {}) },
  })
  const events: { name: string; data: unknown }[] = []
  socket.onAny((name: string, data: unknown, ack?: () => void) => {
    events.push({ name, data })
    ack?.()
  })
  const of = (name: string) => events.filter(event => event.name === name).map(event => event.data)
  return new Promise((resolve, reject) => {
    socket.once('connect_error', error => {
      socket.disconnect()
      reject(error)
    })
    socket.once('session:ready', ready =>
      resolve({
        socket,
        ready,
        events,
        durable: name => of(name) as never,
        latest: name => of(name) as never,
        emit: (event, payload = {}) => socket.timeout(10_000).emitWithAck(event, payload),
        close: () => void socket.disconnect(),
      }),
    )
  })
}

const metersPerDegree = 111_195

/** A place in the open Atlantic, `east` and `north` metres from one that each caller makes up. */
export const offset = (at: { lat: number; lng: number }, north: number, east: number) => ({
  lat: at.lat + north / metersPerDegree,
  lng: at.lng + east / (metersPerDegree * Math.cos((at.lat * Math.PI) / 180)),
})

let places = 0
/** A spot far from all others of this run, so that tests do not see each other's people. */
export const freshPlace = () => ({
  lat: 30 + Math.random() * 10,
  lng: -40 + (places++ % 40) * 0.4 + Math.random() * 0.1,
})
