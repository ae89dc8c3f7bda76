import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from '@walking-buddy/telemetry'
import type { Health } from './health.ts'
import type { Part } from './scope.ts'

export interface Ops {
  port: number
}

/**
 * The port that only the operator's network sees: `/livez` (the event loop turns), `/readyz` (dependencies
 * answer, with the faults by name) and `/metrics` (Prometheus text format).
 * Start it first, so that a service that still waits for a dependency can say so.
 */
export function opsServer(options: {
  port: number
  host: string
  health: Health
  metrics: Metrics
}): Part<Ops> {
  return async () => {
    const server = createServer(async (request, response) => {
      const send = (status: number, type: string, body: string) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
      }
      try {
        switch (request.url) {
          case '/livez':
            return send(200, 'text/plain', 'alive\n')
          case '/readyz': {
            const report = await options.health.report()
            return send(report.ready ? 200 : 503, 'application/json', JSON.stringify(report))
          }
          case '/metrics':
            return send(200, options.metrics.contentType, await options.metrics.text())
          default:
            return send(404, 'text/plain', 'livez, readyz and metrics are here\n')
        }
      } catch (error) {
        send(500, 'text/plain', error instanceof Error ? error.message : 'failed')
      }
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, resolve)
    })
    return {
      value: { port: (server.address() as AddressInfo).port },
      stop: async () => {
        server.closeAllConnections()
        await new Promise<void>(resolve => server.close(() => resolve()))
      },
    }
  }
}
