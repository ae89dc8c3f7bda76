import { randomUUID } from 'node:crypto'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@walking-buddy/telemetry'
import { type Arrival, callService } from './call-service.ts'
import type { Edge } from './edge.ts'
import { type Answer, type Exchange, fault, type Outcome } from './exchange.ts'
import { HeaderList } from './http/header-list.ts'
import { loggedPath } from './http/logged-path.ts'
import { type ClientLimits, nginxFault, parserFault } from './http/nginx-checks.ts'
import { ownAnswerBytes, sendOwnAnswer } from './http/own-answer.ts'
import { BodyTimeoutError, ClientGoneError, noBody, requestBody } from './http/request-body.ts'
import type { Tunnel } from './http/tunnel.ts'
import type { Upstreams } from './http/upstreams.ts'
import { parseTarget } from './routing/target.ts'

export interface RequestHandler {
  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, early: Buffer): Promise<void>
  /** For bytes that are no request. */
  broken(error: Error & { code?: string }, socket: Duplex): void
}

export function createRequestHandler(parts: {
  edge: () => Edge
  upstreams: Upstreams
  limits: ClientLimits
  log: Logger
  port: () => number
  onTunnel: (tunnel: Tunnel) => void
}): RequestHandler {
  const { upstreams, limits, log, onTunnel } = parts

  /** All of one exchange, from the head of the request to the log. */
  const serve = async (arrival: Arrival): Promise<void> => {
    const { request, response, expectsContinue } = arrival
    const startedAt = performance.now()
    const edge = parts.edge()
    const target = parseTarget(request.url ?? '')
    const refused = nginxFault(request, limits) ?? (target ? undefined : fault(400, 'Bad request'))
    const requestHeaders = new HeaderList([...request.rawHeaders])
    const match = refused ? undefined : edge.router.match(request.method!, target!.path, requestHeaders)
    const exchange: Exchange = {
      id: newId(),
      method: request.method ?? '',
      clientAddress: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      requestHeaders,
      body: requestBody(request, limits.bodyTimeoutMs, () => {
        if (expectsContinue && !response.headersSent) response.writeContinue()
      }),
      route: match?.route,
      answerHeaders: new HeaderList(),
    }
    const outcome = newOutcome()

    const sendOwn = (answer: Answer): void => {
      const { head, body } = edge.finish(exchange, answer)
      outcome.status = head.status
      outcome.source = answer.source
      outcome.bytesOut = Buffer.byteLength(body)
      sendOwnAnswer(request, response, head, body)
    }

    try {
      const answer =
        refused ??
        (match ? await edge.access(exchange) : fault(404, 'no Route matched with those values')) ??
        (await callService(
          exchange,
          match!,
          target!,
          arrival,
          {
            upstreams,
            gatewayPort: parts.port(),
            filterHead: head => edge.filterHead(exchange, head),
            onTunnel,
          },
          outcome,
        ))
      if (answer) sendOwn(answer)
    } catch (error) {
      if (error instanceof BodyTimeoutError || error instanceof ClientGoneError) {
        outcome.status = error instanceof BodyTimeoutError ? 408 : 499
        outcome.aborted = true
        request.socket.destroy()
      } else {
        log.error({ err: error, requestId: exchange.id }, 'the gateway failed on a request')
        if (response.headersSent) response.destroy()
        else sendOwn(fault(500, 'An unexpected error occurred'))
      }
    }

    outcome.durationMs = performance.now() - startedAt
    outcome.bytesIn ||= exchange.body.bytesRead()
    edge.log(exchange, outcome)
    logAccess(exchange, outcome, loggedPath(request.url ?? ''))
  }

  const logAccess = (
    { id, method, route, requestHeaders }: Exchange,
    outcome: Outcome,
    path: string,
  ): void => {
    const requestId = requestHeaders.get('x-request-id')
    log.info(
      {
        method,
        path,
        route: route?.name,
        status: outcome.status,
        source: outcome.source,
        bytes: outcome.bytesOut,
        seconds: Math.round(outcome.durationMs) / 1_000,
        upstreamSeconds:
          outcome.upstreamMs === undefined ? undefined : Math.round(outcome.upstreamMs) / 1_000,
        aborted: outcome.aborted || undefined,
        requestId: requestId !== undefined && /^[\w-]{1,64}$/.test(requestId) ? requestId : id,
      },
      'request',
    )
  }

  return {
    request: (request, response, expectsContinue) =>
      serve({ request, response, expectsContinue, early: undefined }),
    upgrade(request, socket, early) {
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(request.socket)
      socket.on('error', () => socket.destroy())
      response.on('finish', () => socket.end())
      return serve({ request, response, expectsContinue: false, early })
    },
    broken(error, socket) {
      if (!socket.writable || error.code === 'ECONNRESET') {
        socket.destroy()
        return
      }
      const edge = parts.edge()
      const exchange: Exchange = {
        id: newId(),
        method: '',
        clientAddress: '',
        requestHeaders: new HeaderList(),
        body: noBody,
        route: undefined,
        answerHeaders: new HeaderList(),
      }
      const { head, body } = edge.finish(exchange, parserFault(error))
      socket.end(ownAnswerBytes(head, body))
      const outcome = { ...newOutcome(), status: head.status, bytesOut: body.length }
      edge.log(exchange, outcome)
      logAccess(exchange, outcome, '-')
    },
  }
}

/** As `$kong_request_id`. Node makes UUIDs from a pool of random bytes, many times faster than bytes one by one. */
const newId = (): string => randomUUID().replaceAll('-', '')

const newOutcome = (): Outcome => ({
  status: 0,
  source: 'error',
  aborted: false,
  bytesIn: 0,
  bytesOut: 0,
  durationMs: 0,
  upstreamMs: undefined,
})
