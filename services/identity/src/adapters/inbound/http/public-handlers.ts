import type { identityOperations } from '@walking-buddy/contracts/rest'
import type { Handlers } from '@walking-buddy/http'
import type { JWK } from 'jose'
import type { Clock } from '../../../application/ports.ts'

export interface ClientSettings {
  minimumVersions: { ios: string; android: string; web: string }
  limits: Readonly<Record<string, number>>
  switches: Readonly<Record<string, boolean>>
}

/** What anyone may read. */
export function publicHandlers(options: {
  publicKeys: readonly JWK[]
  client: ClientSettings
  clock: Clock
}): Handlers<Pick<typeof identityOperations, 'getJwks' | 'getClientConfig'>> {
  const { publicKeys, client, clock } = options
  return {
    getJwks: async () => ({
      status: 200,
      body: { keys: publicKeys.map(key => ({ ...key })) },
      headers: { 'cache-control': 'public, max-age=300' },
    }),
    getClientConfig: async () => ({
      status: 200,
      body: {
        minimumVersions: client.minimumVersions,
        limits: client.limits,
        switches: client.switches,
        serverTime: new Date(clock.now()).toISOString(),
      },
      headers: { 'cache-control': 'public, max-age=60' },
    }),
  }
}
