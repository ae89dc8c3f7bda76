import { exhausted, invalid, isAppError, unauthenticated } from '@walking-buddy/errors'
import type { Clock, Identifiers } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import type { Server, Socket } from 'socket.io'
import { z } from 'zod'
import type { Application } from '../../../application/index.ts'
import type { OpenedSession } from '../../../application/open-session.ts'
import { refusalOf } from './acknowledgement.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { validated } from './validated.ts'

const resumeFrom = z.object({ stream: z.string().max(64), seq: z.int().min(0) }).nullish()

/**
 * Lets in who has a live session: `connection` follows with the session in `socket.data`. A refusal reaches the
 * client as `connect_error` with the problem as its data. Where we are at fault, the connection ends without one:
 * Socket.IO clients then try again by themselves, and after a refusal they do not.
 */
export function admitSessions(
  io: Server,
  deps: {
    app: Pick<Application, 'openSession'>
    doorkeeper: Doorkeeper
    clock: Clock
    identifiers: Identifiers
    log: Logger
    metrics: Metrics
  },
): void {
  const { app, doorkeeper, clock, identifiers, log } = deps
  const outcomes = deps.metrics.counter(
    'realtime_handshakes_total',
    'Sockets that asked to be let in, by the code of the refusal',
    ['outcome'],
  )
  const tried = new WeakSet<Socket['conn']>()

  const admit = async (socket: Socket): Promise<OpenedSession> => {
    if (doorkeeper.isCrowded(socket.conn))
      throw exhausted('too-many-connections', 'There are too many connections from this address.', {
        retryAfterSeconds: 30,
      })
    const { auth, headers } = socket.handshake
    const { token } = auth
    if (typeof token !== 'string' || token.length > 4096)
      throw unauthenticated('unauthorized', 'An access token is needed: auth: { token }.')
    const from = validated(resumeFrom, auth['resumeFrom'], 'auth.resumeFrom') ?? undefined
    return app.openSession({ token, origin: headers.origin, resumeFrom: from })
  }

  io.use(async (socket, next) => {
    // One try per connection: else a single one could have many checked at the same time.
    if (tried.has(socket.conn)) {
      socket.conn.close()
      return next(invalid('invalid-request'))
    }
    tried.add(socket.conn)
    try {
      socket.data = await admit(socket)
      outcomes.inc({ outcome: 'ok' })
      next()
    } catch (error) {
      const problem = refusalOf(error, requestIdOf(socket) ?? identifiers.uuid(clock.now()))
      outcomes.inc({ outcome: problem.code })
      if (problem.status >= 500)
        log.error({ err: error, requestId: problem.requestId }, 'a socket could not be let in')
      if (isAppError(error) && (error.kind === 'unavailable' || error.kind === 'timeout')) socket.conn.close()
      next(Object.assign(new Error(problem.code), { data: problem }))
    }
  })
}

function requestIdOf(socket: Socket): string | undefined {
  const given = socket.handshake.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : undefined
}
