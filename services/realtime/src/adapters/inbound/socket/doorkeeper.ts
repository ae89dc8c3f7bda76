import type { IncomingMessage } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import type { Server, Socket } from 'socket.io'

type EngineSocket = Socket['conn']

export interface SocketLimits {
  /** On this instance; beyond it upgrades are refused and clients try elsewhere. */
  maxSockets: number
  /** From one network address, by the gateway's word. */
  maxSocketsPerAddress: number
}

/** Knows every open connection, let in or not. */
export interface Doorkeeper {
  /** More come from the address of this one than may. */
  isCrowded(conn: EngineSocket): boolean
  tcpOf(conn: EngineSocket): TcpSocket | undefined
  /** Ends all that is still open, whatever is on its way. */
  destroyAll(): void
}

/** The gateway names the address (of IPv6 the /64) in a header that it always sets itself. */
const addressOf = ({ headers, socket }: IncomingMessage): string => {
  const given = headers['x-limit-key']
  return typeof given === 'string' ? given : (socket.remoteAddress ?? '')
}

export function doorkeeper(io: Server, { maxSocketsPerAddress }: SocketLimits): Doorkeeper {
  const known = new Map<EngineSocket, { tcp: TcpSocket; address: string }>()
  const counts = new Map<string, number>()

  io.engine.on('connection', (conn: EngineSocket) => {
    const address = addressOf(conn.request)
    known.set(conn, { tcp: conn.request.socket, address })
    counts.set(address, (counts.get(address) ?? 0) + 1)
    // The connection of the network may outlast the one of Engine.IO: a closing handshake is not always answered.
    conn.request.socket.once('close', () => {
      known.delete(conn)
      const left = counts.get(address)! - 1
      if (left === 0) counts.delete(address)
      else counts.set(address, left)
    })
  })

  return {
    isCrowded: conn => (counts.get(known.get(conn)?.address ?? '') ?? 0) > maxSocketsPerAddress,
    tcpOf: conn => known.get(conn)?.tcp,
    destroyAll: () => {
      for (const { tcp } of known.values()) tcp.destroy()
    },
  }
}
