import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testAccess } from '@walking-buddy/access/testing'

/** Access tokens as identity signs them, and where its public key is. */
export async function serveAccessKeys() {
  const { jwks, sign } = await testAccess()
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    sign: (userId: string) => sign(userId, { expiresInSeconds: 3_600 }),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
