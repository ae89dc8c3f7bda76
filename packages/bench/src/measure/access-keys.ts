import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Access tokens as identity signs them, and the address of their public key. */
export async function startAccessKeys() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const kid = randomUUID()
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] })
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(keys)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const now = Math.floor(Date.now() / 1_000)
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    sign: (userId: string): Promise<string> =>
      new SignJWT({ sid: randomUUID(), role: ['walker'] })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer('walking-buddy')
        .setAudience('walking-buddy-api')
        .setJti(randomUUID())
        .setNotBefore(now - 5)
        .setIssuedAt(now)
        .setExpirationTime(now + 3_600)
        .sign(privateKey),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
