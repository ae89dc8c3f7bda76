import type { ServerResponse } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'
import type { Service } from '../declarative/kong-config.ts'
import type { Answer, ResponseHead } from '../exchange.ts'
import { HeaderList } from './header-list.ts'
import { dropFromResponse } from './hop-by-hop.ts'
import { BodyTimeoutError } from './request-body.ts'
import { upstreamFailure } from './upstream-failure.ts'

/** One request as a service gets it. */
export interface ForwardedRequest {
  service: Service
  pool: Pool
  method: string
  /** Path and query. */
  path: string
  headers: readonly string[]
  body: Buffer | Readable | null
  /** Wants to leave HTTP: `websocket`. */
  upgrade: string | null
}

export interface ForwardHooks {
  /** Before the head of the service's answer goes out. */
  onHead(head: ResponseHead): void
  /** The service agreed to leave HTTP: the connection is the caller's from here on. */
  onUpgrade(head: ResponseHead, socket: Duplex): void
}

/** How it ended; `answer` where the service gave none and the client still waits for one. */
export interface Forwarded {
  answer?: Answer
  aborted: boolean
  bytesOut: number
  upstreamMs: number | undefined
}

/** A request of these may be sent a second time (nginx: `proxy_next_upstream`). */
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])

/** Sends a request on and streams the answer back, each no faster than its reader. */
export async function forward(
  request: ForwardedRequest,
  response: ServerResponse,
  hooks: ForwardHooks,
): Promise<Forwarded> {
  for (let attemptsLeft = request.service.retries; ; attemptsLeft--) {
    const attempted = await attempt(request, response, hooks)
    if (!('failure' in attempted)) return attempted
    const { answer, neverArrived } = upstreamFailure(attempted.failure)
    const isReplayable = request.body === null || Buffer.isBuffer(request.body)
    const mayRepeat =
      isReplayable && (neverArrived || idempotent.has(request.method)) && request.upgrade === null
    if (attemptsLeft <= 0 || !mayRepeat) return { answer, aborted: false, bytesOut: 0, upstreamMs: undefined }
  }
}

function attempt(
  request: ForwardedRequest,
  response: ServerResponse,
  hooks: ForwardHooks,
): Promise<Forwarded | { failure: Error }> {
  const { service, pool, method, path, headers, body, upgrade } = request
  return new Promise(resolve => {
    const startedAt = performance.now()
    let upstreamMs: number | undefined
    let bytesOut = 0
    let controller: Dispatcher.DispatchController | undefined

    const settle = (result: Forwarded | { failure: Error }): void => {
      response.off('close', onClose)
      resolve(result)
    }
    const onClose = (): void => {
      if (response.writableFinished) return
      controller?.abort(new Error('the client went away'))
      settle({ aborted: true, bytesOut, upstreamMs })
    }
    response.on('close', onClose)

    const headOf = (status: number, raw: Dispatcher.DispatchController['rawHeaders']): ResponseHead => {
      upstreamMs = performance.now() - startedAt
      const list = new HeaderList((raw as Buffer[]).map(part => part.toString('latin1')))
      dropFromResponse(list)
      return { status, headers: list, source: 'service' }
    }

    pool.dispatch(
      {
        path,
        method,
        headers: headers as string[],
        body,
        upgrade,
        headersTimeout: service.readTimeoutMs,
        bodyTimeout: service.readTimeoutMs,
      },
      {
        onRequestStart(started) {
          controller = started
          if (response.destroyed) started.abort(new Error('the client went away'))
        },
        onResponseStart(started, status, _headers, statusText) {
          if (status < 200) return
          const head = headOf(status, started.rawHeaders)
          hooks.onHead(head)
          response.writeHead(head.status, statusText ?? '', head.headers.flat as string[])
          // The body mostly comes with the head: only one that does not lets the head go first.
          process.nextTick(() => {
            if (bytesOut === 0 && !response.writableEnded && !response.destroyed) response.flushHeaders()
          })
        },
        onResponseData(started, chunk) {
          bytesOut += chunk.length
          if (response.write(chunk)) return
          started.pause()
          response.once('drain', () => started.resume())
        },
        onResponseEnd() {
          response.end()
          settle({ aborted: false, bytesOut, upstreamMs })
        },
        onRequestUpgrade(started, status, _headers, socket) {
          hooks.onUpgrade(headOf(status, started.rawHeaders), socket)
          settle({ aborted: false, bytesOut, upstreamMs })
        },
        onResponseError(_started, error) {
          if (response.destroyed) return settle({ aborted: true, bytesOut, upstreamMs })
          if (!response.headersSent && !(error instanceof BodyTimeoutError)) return settle({ failure: error })
          // A cut body must not look like a whole one.
          response.destroy()
          settle({ aborted: true, bytesOut, upstreamMs })
        },
      },
    )
  })
}
