import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type AppError, notFound, type Problem, problemOf, unavailable } from '@walking-buddy/errors'

/** Every plain request: this port serves websockets alone. */
export function answerNothingHere(request: IncomingMessage, response: ServerResponse): void {
  const problem = problemOf(
    notFound('route-not-found', 'There is nothing here but Socket.IO over websocket.'),
    requestIdOf(request),
  )
  response.writeHead(404, headersOf(problem)).end(JSON.stringify(problem))
}

/** An upgrade at another path. */
export const refuseUpgrade = (request: IncomingMessage, socket: Duplex): void =>
  refuse(socket, problemOf(notFound('route-not-found', 'There is nothing here.'), requestIdOf(request)))

/** An upgrade that somebody else may take: Socket.IO clients try again by themselves. */
export const deferUpgrade = (request: IncomingMessage, socket: Duplex): void =>
  refuse(socket, problemOf(busy, requestIdOf(request)), 'retry-after: 1\r\n')

const busy: AppError = unavailable('unavailable', 'This instance takes no more connections.', {
  retryAfterSeconds: 1,
})

function refuse(socket: Duplex, problem: Problem, extra = ''): void {
  socket.on('error', () => {})
  const body = JSON.stringify(problem)
  const headers = Object.entries(headersOf(problem)).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extra}${headers.join('')}\r\n${body}`,
  )
}

const headersOf = ({ requestId }: Problem) => ({
  'content-type': 'application/problem+json',
  'x-request-id': requestId,
  'cache-control': 'no-store',
})

const requestIdOf = ({ headers }: IncomingMessage): string => {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : randomUUID()
}
