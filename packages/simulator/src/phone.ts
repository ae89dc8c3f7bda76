import { randomUUID } from 'node:crypto'
import type { LatLng } from '@walking-buddy/cells'
import type { ClientEventName, DurableEvent } from '@walking-buddy/contracts/socket'
import { io, type Socket } from 'socket.io-client'

/** A refusal or failure as the API told it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly status: number
  readonly code: string
  readonly retryAfterSeconds: number | undefined
  constructor(status: number, code: string, detail: string, retryAfterSeconds?: number) {
    super(`${status} ${code}: ${detail}`)
    this.status = status
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export interface Credentials {
  email: string
  password: string
}

export interface Registration extends Credentials {
  username: string
  birthDate: string
  gender?: 'female' | 'male' | 'other'
}

/** A walk as far as a phone of the town cares. */
export interface PhoneWalk {
  id: string
  status: string
  version: number
  initiatorId: string
  partnerId: string
  meetingPoint: (LatLng & { name: string | null }) | null
  distanceMeters: number | null
  durationSeconds: number | null
}

/** What a phone does: the public API through the gateway, over a network that comes and goes. */
export interface Phone {
  userId(): string
  register(person: Registration): Promise<void>
  login(credentials: Credentials): Promise<void>
  /** One REST call, repeated with the same Idempotency-Key over network failures, 429 and 5xx. @throws ApiProblem */
  call<T>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>
  /** Opens the socket, resuming the user's stream where it was left. */
  connect(): Promise<void>
  /** One socket event with its acknowledgement. @throws ApiProblem */
  emit<T>(event: ClientEventName, payload?: unknown): Promise<T>
  /** Handlers of server events; durable ones arrive once and in order, as their `data`. */
  on(event: string, handler: (data: never) => void): void
  connected(): boolean
  /** Loses the network: the socket ends without a word. */
  disconnect(): void
}

const maxTries = 8
/** Who is asked to come back later than this tells its person instead of waiting. */
const longestWaitSeconds = 60
const ackTimeoutMs = 8_000

/** A phone that signs in at `gateway`, such as `http://localhost:8000`. */
export function createPhone(options: { gateway: string; clientName: string }): Phone {
  const { gateway } = options
  let session: { accessToken: string; refreshToken: string; userId: string } | undefined
  let refreshing: Promise<void> | undefined
  let socket: Socket | undefined
  let resumeFrom: { stream: string; seq: number } | undefined
  const handlers = new Map<string, (data: never) => void>()

  const send = async <T>(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<T> => {
    const response = await fetch(gateway + path, {
      method,
      headers: {
        'x-client': options.clientName,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await response.text()
    const json = text === '' ? undefined : (JSON.parse(text) as unknown)
    if (response.ok) return json as T
    const { code = 'unknown', detail = '' } = (json ?? {}) as { code?: string; detail?: string }
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    throw new ApiProblem(response.status, code, detail, Number.isNaN(retryAfter) ? undefined : retryAfter)
  }

  const patiently = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt()
      } catch (error) {
        const passing = !(error instanceof ApiProblem) || error.status === 429 || error.status >= 500
        const asked = error instanceof ApiProblem ? error.retryAfterSeconds : undefined
        if (!passing || tries >= maxTries || (asked ?? 0) > longestWaitSeconds) throw error
        const waitMs = asked === undefined ? Math.min(8_000, 200 * 2 ** tries) : asked * 1000
        await pause(waitMs * (0.5 + Math.random() / 2))
      }
    }
  }

  const keep = (answer: { accessToken: string; refreshToken: string; user?: { id: string } }) => {
    session = {
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken,
      userId: answer.user?.id ?? session!.userId,
    }
  }
  const refresh = (): Promise<void> => {
    refreshing ??= patiently(() =>
      send<{ accessToken: string; refreshToken: string }>(
        'POST',
        '/api/auth/refresh',
        { refreshToken: session!.refreshToken },
        {},
      ),
    )
      .then(keep)
      .finally(() => {
        refreshing = undefined
      })
    return refreshing
  }

  const phone: Phone = {
    userId: () => session!.userId,
    async register(person) {
      const key = randomUUID()
      keep(await patiently(() => send('POST', '/api/auth/register', person, { 'idempotency-key': key })))
    },
    async login(credentials) {
      keep(await patiently(() => send('POST', '/api/auth/login', credentials, {})))
    },
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const key = randomUUID()
      return patiently(async () => {
        const headers = (): Record<string, string> => ({
          authorization: `Bearer ${session!.accessToken}`,
          ...(method === 'POST' ? { 'idempotency-key': key } : {}),
        })
        try {
          return await send<T>(method, path, body, headers())
        } catch (error) {
          if (!(error instanceof ApiProblem) || error.status !== 401) throw error
          await refresh()
          return send<T>(method, path, body, headers())
        }
      })
    },
    async connect() {
      socket?.disconnect()
      const opened = io(gateway, {
        transports: ['websocket'],
        forceNew: true,
        auth: give => give({ token: session!.accessToken, ...(resumeFrom ? { resumeFrom } : {}) }),
        reconnectionDelayMax: 4_000,
      })
      socket = opened
      opened.on(
        'session:ready',
        ({ stream, seq, resumed }: { stream: string; seq: number; resumed: boolean }) => {
          if (!resumed) resumeFrom = { stream, seq }
        },
      )
      opened.on('session:resync', (at: { stream: string; seq: number }) => {
        resumeFrom = at
        handlers.get('session:resync')?.(at as never)
      })
      opened.on('session:expiring', () => {
        refresh()
          .then(() => phone.emit('session:refresh', { token: session!.accessToken }))
          .catch(() => opened.disconnect().connect())
      })
      opened.on('session:draining', ({ reconnectAfterMs }: { reconnectAfterMs: number }) => {
        setTimeout(() => opened.active && opened.disconnect().connect(), reconnectAfterMs).unref()
      })
      // A server that ends the session or dies while draining does not make Socket.IO come back by itself.
      opened.on('disconnect', reason => {
        if (reason === 'io server disconnect')
          setTimeout(() => socket === opened && opened.connect(), 1_000).unref()
      })
      opened.on('connect_error', error => {
        const code = (error as Error & { data?: { code?: string } }).data?.code
        const again = () => setTimeout(() => socket === opened && opened.connect(), 1_000).unref()
        if (code === 'unauthorized') refresh().then(again, again)
        else if (!opened.active) again()
      })
      opened.onAny((event: string, data: unknown, ack?: () => void) => {
        if (event.startsWith('session:')) return
        const durable = isDurable(data)
        if (durable) {
          const seen = resumeFrom !== undefined && data.seq <= resumeFrom.seq
          if (resumeFrom) resumeFrom = { ...resumeFrom, seq: Math.max(resumeFrom.seq, data.seq) }
          if (!seen && data.data !== null) handlers.get(event)?.(data.data as never)
        } else handlers.get(event)?.(data as never)
        ack?.()
      })
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('the socket did not get ready')), 20_000)
        opened.once('session:ready', () => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
    async emit<T>(event: ClientEventName, payload: unknown = {}): Promise<T> {
      if (!socket?.connected) throw new Error('not connected')
      const answer = (await socket.timeout(ackTimeoutMs).emitWithAck(event, payload)) as
        | { ok: true; data: T }
        | { ok: false; problem: { status: number; code: string; detail: string } }
      if (answer.ok) return answer.data
      throw new ApiProblem(answer.problem.status, answer.problem.code, answer.problem.detail)
    },
    on: (event, handler) => void handlers.set(event, handler),
    connected: () => socket?.connected ?? false,
    disconnect() {
      socket?.disconnect()
      socket = undefined
    },
  }
  return phone
}

const isDurable = (data: unknown): data is DurableEvent =>
  typeof data === 'object' && data !== null && 'seq' in data && 'id' in data && 'at' in data
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
