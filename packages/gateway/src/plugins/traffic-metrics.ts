import type { Metrics } from '@walking-buddy/telemetry'
import type { Outcome } from '../exchange.ts'

/** What is counted of one route. */
export interface RouteTraffic {
  request(outcome: Outcome): void
  latency(outcome: Outcome): void
  bandwidth(outcome: Outcome): void
}

export interface TrafficMetrics {
  of(service: string, route: string): RouteTraffic
}

/** Without `metrics` nothing is counted. */
export function createTrafficMetrics(metrics: Metrics | undefined): TrafficMetrics {
  if (!metrics) return { of: () => ({ request() {}, latency() {}, bandwidth() {} }) }
  const labels = ['service', 'route'] as const
  const requests = metrics.counter('kong_http_requests_total', 'HTTP status codes per service and route', [
    ...labels,
    'code',
    'source',
  ])
  const bytes = metrics.counter('kong_bandwidth_bytes', 'Bytes of bodies', [...labels, 'direction'])
  const total = metrics.histogram(
    'kong_request_latency_ms',
    'Milliseconds from the head of a request to the end of its answer',
    labels,
    latencyBucketsMs,
  )
  const upstream = metrics.histogram(
    'kong_upstream_latency_ms',
    'Milliseconds until the service answered',
    labels,
    latencyBucketsMs,
  )

  const bind = (service: string, route: string): RouteTraffic => {
    const of = { service, route }
    const [ingress, egress] = [
      bytes.labels({ ...of, direction: 'ingress' }),
      bytes.labels({ ...of, direction: 'egress' }),
    ]
    const [totalOf, upstreamOf] = [total.labels(of), upstream.labels(of)]
    const requestsOf = memoize((code: string) => {
      const [status, source] = code.split(' ')
      return requests.labels({ ...of, code: status!, source: source! })
    })
    return {
      request: ({ status, source }) =>
        requestsOf(`${status} ${source === 'service' ? 'service' : 'kong'}`).inc(),
      latency({ durationMs, upstreamMs }) {
        totalOf.observe(durationMs)
        if (upstreamMs !== undefined) upstreamOf.observe(upstreamMs)
      },
      bandwidth({ bytesIn, bytesOut }) {
        ingress.inc(bytesIn)
        egress.inc(bytesOut)
      },
    }
  }
  const routes = memoize((key: string) => bind(...(key.split(' ') as [string, string])))
  return { of: (service, route) => routes(`${service} ${route}`) }
}

const latencyBucketsMs = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1_000, 3_000, 6_000, 10_000]

/** For keys of a small closed set. */
function memoize<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>()
  return key => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}
