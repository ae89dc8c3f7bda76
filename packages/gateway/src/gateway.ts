import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import { kongYamlOf, parseKongConfig } from './declarative/kong-config.ts'
import { createEdge, createEdgeState, type Edge } from './edge.ts'
import { type ClientLimits, kongConfLimits } from './http/nginx-checks.ts'
import type { Tunnel } from './http/tunnel.ts'
import { createUpstreams } from './http/upstreams.ts'
import { createRequestHandler } from './request-handler.ts'

export interface GatewayOptions {
  /** A declarative file of Kong's: its path, or its text. */
  config: string
  /** Where the hosts of the file's services are: `{ identity: 'http://127.0.0.1:4101' }`. */
  upstreams?: Readonly<Record<string, string>>
  /** 0: any free one. */
  port: number
  host: string
  /** Multiplies every rate limit, for demonstrations and tests: there all clients share one address. */
  limits?: { scale: number }
  clientLimits?: Partial<ClientLimits>
  log: Logger
  metrics?: Metrics
  clock?: { now(): number }
}

export interface Gateway {
  /** @throws KongConfigError, LuaError, or the socket's error (EADDRINUSE) */
  listen(): Promise<void>
  /**
   * Reads the file again; requests under way end by the old one, and counters of limits live on.
   * After a failure the old one stays in force.
   * @param config another text or path
   * @throws KongConfigError, LuaError
   */
  reload(config?: string): Promise<void>
  /** Takes no more connections, lets requests end for up to `drainMs`, then cuts them and all websockets. */
  close(drainMs?: number): Promise<void>
  /** The port that it listens on. */
  readonly port: number
  /** What the Lua of the file holds. */
  luaMemoryKilobytes(): number
}

/** Lua states above this are replaced. What one reading of the file needs is below 1 MiB. */
const luaMemoryLimitKilobytes = 32 * 1024
const requestsBetweenMemoryChecks = 10_000

/** A gateway that serves by a declarative file of Kong's, where Kong itself cannot run. */
export function createGateway(options: GatewayOptions): Gateway {
  const { log } = options
  const limits = { ...kongConfLimits, ...options.clientLimits }
  const now = options.clock?.now ?? Date.now
  const limitScale = options.limits?.scale ?? 1
  if (!(limitScale > 0)) throw new RangeError('limits.scale must be above 0')
  const state = createEdgeState(options.metrics)
  const upstreams = createUpstreams(options.upstreams ?? {})
  const tunnels = new Set<Tunnel>()
  let config = options.config
  let edge: Edge | undefined
  let server: Server | undefined
  let port = options.port
  let underWay = 0
  let served = 0
  let onIdle: (() => void) | undefined

  const take = async (next: string): Promise<void> => {
    const read = parseKongConfig(kongYamlOf(next))
    edge = await createEdge(read, state, {
      now,
      limitScale,
      onFault: error => log.error({ err: error }, 'a plugin failed'),
    })
    config = next
    log.info({ routes: read.routes.length, keys: [...read.consumerKeys.keys()] }, 'the file is in force')
  }
  // One after another, so that the last one asked for is the one in force.
  let taking: Promise<void> = Promise.resolve()
  const reload = (next?: string): Promise<void> => {
    taking = taking.catch(() => {}).then(() => take(next ?? config))
    return taking
  }

  const handler = createRequestHandler({
    edge: () => edge!,
    upstreams,
    limits,
    log,
    port: () => port,
    onTunnel(tunnel) {
      tunnels.add(tunnel)
      underWay--
      onIdle?.()
      void tunnel.closed.then(() => {
        tunnels.delete(tunnel)
        underWay++
      })
    },
  })

  const track = async (exchange: Promise<void>): Promise<void> => {
    underWay++
    try {
      await exchange
    } catch (error) {
      log.error({ err: error }, 'an exchange failed')
    } finally {
      underWay--
      onIdle?.()
    }
    served++
    if (served % requestsBetweenMemoryChecks === 0 && edge!.luaMemoryKilobytes() > luaMemoryLimitKilobytes) {
      log.warn({ kilobytes: edge!.luaMemoryKilobytes() }, 'Lua keeps too much memory and starts anew')
      await reload()
    }
  }

  return {
    get port() {
      return port
    },
    luaMemoryKilobytes: () => edge?.luaMemoryKilobytes() ?? 0,
    async listen() {
      await reload()
      if (limitScale !== 1)
        log.warn({ scale: limitScale }, 'rate limits are multiplied: for demonstrations and tests only')
      const listening = createServer({
        maxHeaderSize: limits.headBytes,
        headersTimeout: limits.headerTimeoutMs,
        keepAliveTimeout: limits.keepAliveMs,
        // A body has its own clock, for it may be long on a slow line.
        requestTimeout: 0,
        connectionsCheckingInterval: Math.min(5_000, limits.headerTimeoutMs),
        requireHostHeader: false,
        shouldUpgradeCallback: isWebsocket,
      })
      listening.maxHeadersCount = 0
      listening.on('request', (request, response) => void track(handler.request(request, response, false)))
      listening.on(
        'checkContinue',
        (request, response) => void track(handler.request(request, response, true)),
      )
      listening.on(
        'checkExpectation',
        (request, response) => void track(handler.request(request, response, false)),
      )
      listening.on('upgrade', (request, socket, early) => void track(handler.upgrade(request, socket, early)))
      listening.on(
        'connect',
        (request, socket) => void track(handler.upgrade(request, socket, Buffer.alloc(0))),
      )
      listening.on('clientError', (error, socket) => handler.broken(error, socket))
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject)
        listening.listen(options.port, options.host, resolve)
      })
      server = listening
      port = (listening.address() as AddressInfo).port
    },
    reload,
    async close(drainMs = 10_000) {
      const closing = server
      if (!closing) return
      server = undefined
      const closed = new Promise<void>(resolve => closing.close(() => resolve()))
      closing.closeIdleConnections()
      if (underWay > 0)
        await new Promise<void>(resolve => {
          const deadline = setTimeout(resolve, drainMs)
          onIdle = () => {
            if (underWay > 0) return
            clearTimeout(deadline)
            resolve()
          }
        })
      for (const tunnel of tunnels) tunnel.destroy()
      closing.closeAllConnections()
      await closed
      await upstreams.destroy()
    },
  }
}

const isWebsocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['transfer-encoding'] === undefined &&
  Number(headers['content-length'] ?? 0) === 0
