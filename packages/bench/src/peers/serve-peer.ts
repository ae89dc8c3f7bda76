import { grpcServer, type ServedService, serviceTokens } from '@walking-buddy/grpc'
import { type Secret, systemClock } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'

/** What all services of a benchmark share. */
export const serviceSecret: Secret = { reveal: () => 'a secret for benchmarks, shared by all services' }

/** Serves a stand-in for a service, over real gRPC. */
export async function servePeer(service: string, served: ServedService) {
  const part = grpcServer({
    host: '127.0.0.1',
    port: 0,
    tokens: serviceTokens({ service, secret: serviceSecret, clock: systemClock }),
    services: [served],
    log: silentLogger(),
    metrics: createMetrics({ service }),
  })
  const { value, stop } = await part(service)
  return {
    port: value.port,
    address: `127.0.0.1:${value.port}`,
    stop: () => stop!(AbortSignal.timeout(1_000)),
  }
}

export const notPlayed = async (): Promise<never> => {
  throw new Error('the stand-in does not play this')
}
