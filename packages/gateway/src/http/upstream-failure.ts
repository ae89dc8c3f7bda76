import { type Answer, fault } from '../exchange.ts'

/** What went wrong between the gateway and a service, in Kong's words. */
export interface UpstreamFailure {
  answer: Answer
  /** Nothing of the request can have reached the service. */
  neverArrived: boolean
}

export function upstreamFailure(error: Error): UpstreamFailure {
  const code = codeOf(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { answer: fault(503, 'name resolution failed'), neverArrived: true }
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return { answer: fault(504, 'The upstream server is timing out'), neverArrived: true }
  if (code === 'UND_ERR_HEADERS_TIMEOUT')
    return { answer: fault(504, 'The upstream server is timing out'), neverArrived: false }
  return {
    answer: fault(502, 'An invalid response was received from the upstream server'),
    neverArrived: notConnected.has(code),
  }
}

const notConnected = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'])

/** Errors of several attempts to connect (IPv4 and IPv6) come together in one. */
function codeOf(error: Error & { code?: string; errors?: readonly (Error & { code?: string })[] }): string {
  return error.code ?? error.errors?.[0]?.code ?? ''
}
