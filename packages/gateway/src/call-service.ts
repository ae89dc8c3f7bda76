import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route } from './declarative/kong-config.ts'
import { type Answer, type Exchange, fault, type Outcome, type ResponseHead } from './exchange.ts'
import { forward } from './http/forward.ts'
import { forwardedHeaders } from './http/forwarded-headers.ts'
import { openTunnel, type Tunnel } from './http/tunnel.ts'
import { upstreamPath } from './http/upstream-path.ts'
import type { Upstreams } from './http/upstreams.ts'
import type { RouteMatch } from './routing/router.ts'
import { escapePath, type Target } from './routing/target.ts'

/** A request as it came, and where its answer goes. */
export interface Arrival {
  request: IncomingMessage
  response: ServerResponse
  /** The client holds its body back until it hears `100 Continue`. */
  expectsContinue: boolean
  /** Of a client that wants to leave HTTP for websocket: what it sent behind its request. */
  early: Buffer | undefined
}

/** Bodies up to this size are whole before a service hears of them (nginx: `client_body_buffer_size`). */
const bufferedBodyBytes = 64 * 1024

/**
 * Has the route's service answer, and fills in the outcome.
 * @returns an answer to send where the service gave none
 */
export async function callService(
  exchange: Exchange,
  { route, matchedPath }: RouteMatch<Route>,
  target: Target,
  { request, response, early }: Arrival,
  parts: {
    upstreams: Upstreams
    gatewayPort: number
    filterHead: (head: ResponseHead) => void
    onTunnel: (tunnel: Tunnel) => void
  },
  outcome: Outcome,
): Promise<Answer | undefined> {
  const { service } = route
  const { body } = exchange
  if (!service) return fault(404, 'no Route matched with those values')
  if (route.buffersRequests) await body.buffer(bufferedBodyBytes)

  const strippedPrefix = route.stripPath ? matchedPath : undefined
  let tunnel: Tunnel | undefined
  const forwarded = await forward(
    {
      service,
      pool: parts.upstreams.poolOf(service),
      method: exchange.method,
      path: escapePath(upstreamPath(service.path, target.path, strippedPrefix)) + target.query,
      headers: forwardedHeaders(exchange, route, {
        host: target.authority ?? exchange.requestHeaders.get('host') ?? '',
        port: parts.gatewayPort,
        rawPath: target.rawPath,
        strippedPrefix,
      }),
      body: body.toSend(),
      upgrade: early === undefined ? null : 'websocket',
    },
    response,
    {
      onHead(head) {
        parts.filterHead(head)
        outcome.status = head.status
      },
      onUpgrade(head, upstream) {
        parts.filterHead(head)
        outcome.status = 101
        response.detachSocket(request.socket)
        tunnel = openTunnel(request.socket, upstream, head.headers, early!, service.readTimeoutMs)
        parts.onTunnel(tunnel)
      },
    },
  )
  if (forwarded.answer) return forwarded.answer

  await tunnel?.closed
  outcome.status ||= 499
  outcome.source = 'service'
  outcome.aborted = forwarded.aborted
  outcome.upstreamMs = forwarded.upstreamMs
  outcome.bytesIn = tunnel?.bytesIn() ?? 0
  outcome.bytesOut = tunnel?.bytesOut() ?? forwarded.bytesOut
  return undefined
}
