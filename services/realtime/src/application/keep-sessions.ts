import type { AccessTokens, RevocationListener, Revocations } from '@walking-buddy/access'
import { forbidden, unauthenticated } from '@walking-buddy/errors'
import type { Clock } from '@walking-buddy/service-kit'
import type { Connections } from './connections.ts'
import type { Connection } from './ports.ts'

/** From the warning until the end of a token. */
const warningMs = 60_000
/** A reader who takes nothing for so long is cut: the stream waits for it in the database, not here. */
const maxSilenceMs = 15_000

/** The life of a socket's session after it was opened. */
export interface SessionKeeper {
  /** Goes on with a later token of the same person; seconds until that one ends. @throws AppError unauthenticated, forbidden */
  refresh(connection: Connection, token: string): Promise<number>
  /** @throws AppError unauthenticated when the token or its session has ended; unavailable when nobody can tell */
  assertAlive(connection: Connection): Promise<void>
  /** Tells the client that it has to sign in or refresh, and ends the socket. */
  expire(connection: Connection): void
  /** Warns and ends those whose time has come; call it every second. */
  sweep(): void
  /** Ends the sockets of sessions and people that identity has ended. */
  revoke: RevocationListener
}

export function sessionKeeper(deps: {
  connections: Connections
  accessTokens: AccessTokens
  sessions: Pick<Revocations, 'assertActive' | 'isSuspended'>
  clock: Clock
}): SessionKeeper {
  const { connections, accessTokens, sessions, clock } = deps
  const warned = new WeakSet<Connection>()
  const silentSinceMs = new WeakMap<Connection, number>()

  const expire = (connection: Connection): void => {
    connection.tell('session:expired', {})
    connection.end()
  }

  const cutIfStuck = (connection: Connection, nowMs: number): void => {
    if (connection.writable) return void silentSinceMs.delete(connection)
    const sinceMs = silentSinceMs.get(connection) ?? nowMs
    silentSinceMs.set(connection, sinceMs)
    if (nowMs - sinceMs >= maxSilenceMs) connection.cut()
  }

  return {
    async refresh(connection, token) {
      const caller = await accessTokens.verify(token)
      if (caller.userId !== connection.caller.userId)
        throw forbidden('another-user', 'This socket belongs to another person.')
      await sessions.assertActive(caller)
      // A token that was overtaken on its way does not shorten the session.
      if (caller.expiresAtMs >= connection.caller.expiresAtMs) {
        connections.renew(connection, caller)
        warned.delete(connection)
      }
      return Math.max(0, Math.floor((connection.caller.expiresAtMs - clock.now()) / 1000))
    },
    async assertAlive({ caller }) {
      if (caller.expiresAtMs <= clock.now())
        throw unauthenticated('unauthorized', 'The access token has expired.')
      await sessions.assertActive(caller)
    },
    expire,
    sweep() {
      const now = clock.now()
      const nowMs = clock.monotonicMs()
      for (const connection of [...connections.all()]) {
        const leftMs = connection.caller.expiresAtMs - now
        if (leftMs <= 0) expire(connection)
        else if (leftMs <= warningMs && !warned.has(connection)) {
          warned.add(connection)
          connection.tell('session:expiring', { expiresInSeconds: Math.floor(leftMs / 1000) })
        }
        cutIfStuck(connection, nowMs)
      }
    },
    revoke(subject) {
      if (subject.$case === 'sessionEnded')
        for (const connection of connections.ofSession(subject.value.sessionId)) expire(connection)
      // A snapshot tells of suspensions that were taken back since.
      if (subject.$case === 'userSuspended' && sessions.isSuspended(subject.value.userId))
        for (const connection of connections.ofUser(subject.value.userId)) expire(connection)
    },
  }
}
