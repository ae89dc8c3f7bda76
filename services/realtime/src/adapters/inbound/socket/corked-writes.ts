import type { Socket as TcpSocket } from 'node:net'
import type { Server, Socket } from 'socket.io'

type EngineSocket = Socket['conn']

/**
 * What waits for one recipient leaves in one write to the network instead of one per frame. The frames stay as they
 * are: plain Socket.IO clients notice nothing.
 */
export function corkWrites(io: Server, tcpOf: (conn: EngineSocket) => TcpSocket | undefined): void {
  io.engine.on('flush', (conn: EngineSocket, packets: readonly unknown[]) => {
    if (packets.length > 1) tcpOf(conn)?.cork()
  })
  // Emitted when all of them were handed to the socket, in the same turn.
  io.engine.on('drain', (conn: EngineSocket) => void tcpOf(conn)?.uncork())
}
