import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Identifiers, Part } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import { Server } from 'socket.io'
import type { Application } from '../../../application/index.ts'
import type { OpenedSession } from '../../../application/open-session.ts'
import { corkWrites } from './corked-writes.ts'
import { doorkeeper, type SocketLimits } from './doorkeeper.ts'
import { drain } from './drain.ts'
import { eventHandlers } from './handle-event.ts'
import { admitSessions } from './handshake.ts'
import { answerNothingHere, deferUpgrade, refuseUpgrade } from './nothing-here.ts'
import { closingMs, socketConnection } from './socket-connection.ts'

export interface SocketServerConfig extends SocketLimits {
  host: string
  port: number
  /** Longest spread of sockets that leave before a shutdown. */
  drainMs: number
  pingIntervalMs: number
  pingTimeoutMs: number
}

/** Serves Socket.IO over websocket at `/socket.io`, and nothing else. Stopping sends everybody elsewhere first. */
export function socketServer(options: {
  config: SocketServerConfig
  app: Application
  clock: Clock
  identifiers: Identifiers
  random: () => number
  log: Logger
  metrics: Metrics
}): Part<{ port: number }> {
  const { config, app, clock, random, log, metrics } = options

  return async () => {
    const http = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 })
    const io = new Server(http, {
      transports: ['websocket'],
      allowUpgrades: false,
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: 64 * 1024,
      pingInterval: config.pingIntervalMs,
      pingTimeout: config.pingTimeoutMs,
      connectTimeout: 10_000,
    })
    let draining = false

    // Socket.IO takes every path that begins like its own, and answers in a form of its own.
    const [serveUpgrade] = http.listeners('upgrade')
    http.removeAllListeners('upgrade').on('upgrade', (request, socket, head) => {
      if (!/^\/socket\.io\/?(\?|$)/.test(request.url ?? '')) refuseUpgrade(request, socket)
      else if (draining || io.engine.clientsCount >= config.maxSockets) deferUpgrade(request, socket)
      else serveUpgrade?.call(http, request, socket, head)
    })
    http.removeAllListeners('request').on('request', answerNothingHere)

    const doors = doorkeeper(io, config)
    const handlerOf = eventHandlers(options)
    corkWrites(io, doors.tcpOf)
    admitSessions(io, { ...options, doorkeeper: doors })

    io.on('connection', socket => {
      const { caller, start } = socket.data as OpenedSession
      const tcp = doors.tcpOf(socket.conn)
      if (!tcp) return void socket.disconnect(true)
      const connection = socketConnection(socket, tcp, caller, clock)
      const handle = handlerOf(connection)
      socket.onAny((name: unknown, ...args: unknown[]) => void handle(name, args))
      socket.once('disconnect', () => app.farewell(connection))
      app.welcome(connection, start)
      // A token is not kept for as long as its socket lives.
      Object.assign(socket.handshake, { auth: {} })
    })

    metrics.gauge('realtime_sockets', 'Open sockets with a session', [], gauge =>
      gauge.set(app.countConnections()),
    )

    await new Promise<void>((resolve, reject) => {
      http.once('error', reject)
      http.listen(config.port, config.host, resolve)
    })
    return {
      value: { port: (http.address() as AddressInfo).port },
      stop: async deadline => {
        draining = true
        const leaving = [...app.openConnections()]
        log.info({ sockets: leaving.length }, 'sending sockets elsewhere')
        await drain(leaving, { maxMs: config.drainMs, clock, random, deadline })
        const impatient = setTimeout(doors.destroyAll, closingMs)
        http.closeIdleConnections()
        await io.close()
        clearTimeout(impatient)
      },
    }
  }
}
