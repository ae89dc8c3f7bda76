import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { ResponseHead } from '../exchange.ts'

/** What is still read of a body that nobody wants, so that its sender gets to see the answer. */
const discardedBytes = 1024 * 1024
const discardMs = 5_000

/** Sends an answer of the gateway's own, whatever has come of the request's body. */
export function sendOwnAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, source, headers }: ResponseHead,
  body: string,
): void {
  // nginx closes the connection too, for what follows may belong to the faulty request.
  if (source === 'error' && status < 500 && status !== 404) response.shouldKeepAlive = false
  if (!request.complete) discardRest(request)
  response.writeHead(status, headers.flat as string[])
  response.end(body)
}

function discardRest(request: IncomingMessage): void {
  let left = discardedBytes
  const tooLong = setTimeout(() => request.socket.destroy(), discardMs)
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.socket.destroy()
  })
  request.once('close', () => clearTimeout(tooLong))
  request.resume()
}

/** The same as bytes, for a connection on which no request could be read. */
export const ownAnswerBytes = ({ status, headers }: ResponseHead, body: string): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${headerLines(headers.flat)}Connection: close\r\n\r\n${body}`

/** Headers as they stand on the wire. */
export function headerLines(flat: readonly string[]): string {
  let lines = ''
  for (let at = 0; at < flat.length; at += 2) lines += `${flat[at]}: ${flat[at + 1]}\r\n`
  return lines
}
