import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Authenticate } from '@walking-buddy/access'
import type { OperationShape } from '@walking-buddy/contracts/rest'
import { AppError, forbidden, invalid, isAppError, notFound, problemOf } from '@walking-buddy/errors'
import type { Clock, Part } from '@walking-buddy/service-kit'
import { inSpan, type Logger, type Metrics } from '@walking-buddy/telemetry'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import type { Handlers } from './handlers.ts'
import { requestIdOf } from './request-id.ts'
import { assertSupported, type MinimumVersions } from './upgrade-required.ts'
import { validated } from './validated.ts'

export interface HttpEdgeConfig {
  host: string
  port: number
  /** Clients that name an older version in X-Client get 426. */
  minimumVersions: MinimumVersions
}

const bodyLimit = 64 * 1024

/**
 * Serves the operations of one service over HTTP/1.1. Each is declared once in the contracts; here its input is
 * validated (400 with every fault), its caller checked, its failure told as problem+json.
 * Stopping lets running requests finish.
 */
export function httpEdge<Operations extends Readonly<Record<string, OperationShape>>>(options: {
  config: HttpEdgeConfig
  operations: Operations
  handlers: Handlers<Operations>
  authenticate: Authenticate
  log: Logger
  metrics: Metrics
  clock: Clock
}): Part<{ port: number }> {
  const { config, log, clock } = options
  const seconds = options.metrics.histogram(
    'http_server_seconds',
    'Duration of requests by operation and status',
    ['operation', 'status'],
  )

  const serve =
    (
      operation: OperationShape,
      handler: (
        input: never,
        context: never,
      ) => Promise<{ status: number; body?: unknown; headers?: Readonly<Record<string, string>> }>,
    ): RequestHandler =>
    async (request, response) => {
      const startedMs = clock.monotonicMs()
      response.once('finish', () => {
        const durationSeconds = (clock.monotonicMs() - startedMs) / 1000
        seconds.observe({ operation: operation.id, status: String(response.statusCode) }, durationSeconds)
        log.debug(
          {
            operation: operation.id,
            status: response.statusCode,
            requestId: response.locals.requestId,
            durationSeconds,
          },
          'request',
        )
      })
      await inSpan(operation.id, { kind: 'server', parent: request.headers }, async () => {
        assertSupported(request.headers['x-client'], config.minimumVersions, operation.id)
        const caller =
          operation.access.kind === 'user'
            ? await options.authenticate(request.headers.authorization)
            : undefined
        if (operation.access.kind === 'user') {
          response.setHeader('cache-control', 'private, no-store')
          const roles = operation.access.roles
          if (roles && !roles.some(role => caller?.roles.includes(role)))
            throw forbidden('role-required', `This needs the role ${roles.join(' or ')}.`)
        }
        const input = validated(operation, request)
        const idempotencyKey = request.get('idempotency-key')
        if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))
          throw invalid('invalid-request', 'Idempotency-Key must have 1 to 255 visible ASCII characters.', {
            faults: [{ path: 'header.idempotency-key', message: 'not a key' }],
          })
        const context = {
          caller,
          requestId: response.locals.requestId as string,
          ip: request.ip ?? '',
          idempotencyKey,
          ifMatch: request.get('if-match'),
          headers: request.headers,
        }
        const reply = await handler(input as never, context as never)
        response.status(reply.status)
        for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
        if (reply.body === undefined) response.end()
        else response.json(reply.body)
      })
    }

  const fail: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    const known = asAppError(error)
    const problem = problemOf(known, response.locals.requestId as string)
    const { requestId, status, code } = problem
    if (status === 503) log.warn({ requestId, code }, 'request refused for now')
    else if (status >= 500) log.error({ err: error, requestId, status }, 'request failed')
    // The body was not read to its end: this connection cannot be used again.
    if (!request.complete) response.setHeader('connection', 'close')
    if (response.headersSent) return void response.destroy()
    const retryAfter = isAppError(known) ? known.retryAfterSeconds : undefined
    if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
    if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer')
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  }

  return async () => {
    const app = express()
    app.disable('x-powered-by')
    // Versions make the tags of things that have one; a hash of the body would tell two answers apart that must not differ.
    app.disable('etag')
    app.set('query parser', 'simple')
    app.set('case sensitive routing', true)
    app.set('strict routing', true)
    app.set('trust proxy', ['loopback', 'linklocal', 'uniquelocal'])
    app.use((request, response, next) => {
      const requestId = requestIdOf(request.get('x-request-id'))
      response.locals.requestId = requestId
      response.setHeader('x-request-id', requestId)
      response.setHeader('x-content-type-options', 'nosniff')
      next()
    })
    app.use(express.json({ limit: bodyLimit, strict: true, type: ['application/json'] }))
    // Literal paths first: `/api/users/blocks` is no user's id.
    const ordered = Object.entries(options.operations).sort(
      ([, a], [, b]) => parameters(a.path) - parameters(b.path),
    )
    for (const [name, operation] of ordered) {
      const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
      app[operation.method](path, serve(operation, options.handlers[name] as never))
    }
    app.use((_request, _response, next) => next(notFound('route-not-found', 'There is nothing here.')))
    app.use(fail)

    const server = createServer(
      { requestTimeout: 30_000, headersTimeout: 15_000, keepAliveTimeout: 75_000 },
      app,
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(config.port, config.host, resolve)
    })
    return {
      value: { port: (server.address() as AddressInfo).port },
      stop: async deadline => {
        const closed = new Promise<void>(resolve => server.close(() => resolve()))
        server.closeIdleConnections()
        deadline.addEventListener('abort', () => server.closeAllConnections(), { once: true })
        await closed
      },
    }
  }
}

const parameters = (path: string): number => path.split('{').length

/** The failures of the body parser and the router are the client's; whatever else is unknown stays unknown. */
function asAppError(error: unknown): unknown {
  if (isAppError(error) || typeof error !== 'object' || error === null || !('status' in error)) return error
  const { status, type } = error as { status: unknown; type?: unknown }
  if (status === 413)
    return new AppError('invalid', 'body-too-large', {
      httpStatus: 413,
      detail: `A body has at most ${bodyLimit} bytes.`,
    })
  if (status === 415)
    return new AppError('invalid', 'unsupported-media-type', {
      httpStatus: 415,
      detail: 'Bodies are JSON in UTF-8, not compressed.',
    })
  if (status === 400)
    return invalid(
      'invalid-request',
      type === 'entity.parse.failed' ? 'The body is not valid JSON.' : 'The request cannot be read.',
    )
  return error
}
