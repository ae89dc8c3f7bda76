import type { Socket as TcpSocket } from 'node:net'
import type { Caller } from '@walking-buddy/access'
import type { Clock } from '@walking-buddy/service-kit'
import type { Socket } from 'socket.io'
import type { Connection } from '../../../application/ports.ts'
import { latestBox } from '../../../domain/latest-box.ts'

/** What is on its way may still arrive; a client that takes no notice of the closing handshake is cut off. */
export const closingMs = 2_000

/** A socket of Socket.IO as the application sees it. */
export function socketConnection(socket: Socket, tcp: TcpSocket, caller: Caller, clock: Clock): Connection {
  const { conn } = socket
  const box = latestBox()
  let waiting = false
  let closing = false

  const sendLatest = (): void => {
    waiting = false
    if (!socket.connected) return
    if (!conn.transport.writable) {
      waiting = true
      conn.transport.once('ready', sendLatest)
      return
    }
    for (const { name, data } of box.take(clock.monotonicMs())) {
      const payload = data()
      if (payload !== undefined) socket.emit(name, payload)
    }
  }

  const closeSoon = (close: () => void): void => {
    if (closing) return
    closing = true
    const timer = setTimeout(() => tcp.destroy(), closingMs)
    tcp.once('close', () => clearTimeout(timer))
    close()
  }

  return {
    id: socket.id,
    caller,
    get writable() {
      return conn.transport.writable
    },
    tell: (name, data) => void socket.emit(name, data),
    deliver: (name, event, confirmed) => void socket.emit(name, event, confirmed),
    offer(name, key, data, maxAgeMs) {
      box.put(key, { name, data, maxAgeMs }, clock.monotonicMs())
      if (!waiting) sendLatest()
    },
    end: () => closeSoon(() => socket.disconnect(true)),
    cut: () => closeSoon(() => conn.close()),
  }
}
