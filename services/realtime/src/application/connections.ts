import type { Caller } from '@walking-buddy/access'
import type { Connection } from './ports.ts'

/** The sockets of this instance. */
export interface Connections {
  /** True for the user's first. */
  add(connection: Connection): boolean
  /** True for the user's last. */
  remove(connection: Connection): boolean
  /** The same person with a later token. */
  renew(connection: Connection, caller: Caller): void
  /** Oldest first. */
  ofUser(userId: string): readonly Connection[]
  ofSession(sessionId: string): readonly Connection[]
  all(): Iterable<Connection>
  readonly size: number
}

export function connections(): Connections {
  const all = new Set<Connection>()
  const byUser = new Map<string, Connection[]>()
  const bySession = new Map<string, Connection[]>()

  const put = (index: Map<string, Connection[]>, key: string, connection: Connection) =>
    index.set(key, [...(index.get(key) ?? []), connection])
  const drop = (index: Map<string, Connection[]>, key: string, connection: Connection) => {
    const rest = index.get(key)?.filter(other => other !== connection) ?? []
    if (rest.length === 0) index.delete(key)
    else index.set(key, rest)
  }

  return {
    add(connection) {
      const { userId, sessionId } = connection.caller
      const first = !byUser.has(userId)
      all.add(connection)
      put(byUser, userId, connection)
      put(bySession, sessionId, connection)
      return first
    },
    remove(connection) {
      const { userId, sessionId } = connection.caller
      if (!all.delete(connection)) return false
      drop(byUser, userId, connection)
      drop(bySession, sessionId, connection)
      return !byUser.has(userId)
    },
    renew(connection, caller) {
      if (all.has(connection)) {
        drop(bySession, connection.caller.sessionId, connection)
        put(bySession, caller.sessionId, connection)
      }
      connection.caller = caller
    },
    ofUser: userId => byUser.get(userId) ?? [],
    ofSession: sessionId => bySession.get(sessionId) ?? [],
    all: () => all,
    get size() {
      return all.size
    },
  }
}
