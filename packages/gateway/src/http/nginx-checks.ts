import type { IncomingMessage } from 'node:http'
import { type Answer, fault } from '../exchange.ts'

/** What nginx limits in front of Kong: the settings of infra/kong/kong.conf. */
export interface ClientLimits {
  headerTimeoutMs: number
  /** The longest pause between two parts of a body. */
  bodyTimeoutMs: number
  keepAliveMs: number
  /** One header, or the request line. */
  lineBytes: number
  /** All headers together. */
  headBytes: number
  bodyBytes: number
}

export const kongConfLimits: ClientLimits = {
  headerTimeoutMs: 15_000,
  bodyTimeoutMs: 30_000,
  keepAliveMs: 75_000,
  lineBytes: 8 * 1024,
  headBytes: 32 * 1024,
  bodyBytes: 5 * 1024 * 1024,
}

/** Headers that nginx takes once only. */
const single = new Set([
  'authorization',
  'content-length',
  'content-range',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'transfer-encoding',
])

/** What nginx answers before Kong sees the request; `undefined` where it lets it pass. */
export function nginxFault(
  { method, url, httpVersion, rawHeaders, headers }: IncomingMessage,
  limits: ClientLimits,
): Answer | undefined {
  if (method === 'TRACE' || method === 'CONNECT') return fault(405, 'Method not allowed')
  if ((url?.length ?? 0) + 16 > limits.lineBytes) return fault(414, 'URI too long')
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (name.length + rawHeaders[at + 1]!.length + 4 > limits.lineBytes)
      return fault(494, 'Request header or cookie too large')
    if (single.has(name) && seen.has(name)) return fault(400, 'Bad request')
    seen.add(name)
  }
  const { host } = headers
  if (
    host === undefined
      ? httpVersion !== '1.0'
      : !/^(?:[\w.~!$&'()*+,;=%-]+|\[[0-9a-f:.]+\])(?::\d*)?$/i.test(host)
  )
    return fault(400, 'Bad request')
  if (
    headers['transfer-encoding'] !== undefined &&
    (httpVersion === '1.0' || headers['content-length'] !== undefined)
  )
    return fault(400, 'Bad request')
  if (Number(headers['content-length'] ?? 0) > limits.bodyBytes) return fault(413, 'Payload too large')
  return undefined
}

/** What a parser's error means; the connection is of no more use. */
export function parserFault(error: Error & { code?: string }): Answer {
  if (error.code === 'HPE_HEADER_OVERFLOW') return fault(494, 'Request header or cookie too large')
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return fault(408, 'Request timeout')
  return fault(400, 'Bad request')
}
