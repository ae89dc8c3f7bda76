import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createMetrics, type Metrics, silentLogger } from '@walking-buddy/telemetry'
import { onTestFinished } from 'vitest'
import { createGateway, type Gateway, type GatewayOptions, renderKongConfig } from '../src/index.ts'

export const kongFolder = fileURLToPath(new URL('../../../infra/kong/', import.meta.url))
export const kongYaml = readFileSync(`${kongFolder}kong.yml`, 'utf8')

/** Signs tokens as identity does, or as somebody who would like to. */
export interface Issuer {
  kid: string
  jwk: JsonWebKey
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): string
}

export function issuer(kid = 'key-1', algorithm: 'EdDSA' | 'ES256' = 'EdDSA'): Issuer {
  const { publicKey, privateKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    kid,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' },
    token: (claims, header) =>
      signedToken(privateKey, { alg: algorithm, kid, ...header }, { ...usualClaims(), ...claims }),
  }
}

function signedToken(
  key: KeyObject,
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
): string {
  const signed = `${base64url(header)}.${base64url(claims)}`
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(signed), {
    key,
    dsaEncoding: 'ieee-p1363',
  })
  return `${signed}.${signature.toString('base64url')}`
}

export const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const userId = '0198f1a2-3b4c-7d5e-8f60-718293a4b5c6'
export const walkId = '0198f1a2-3b4c-7d5e-8f60-aaaaaaaaaaaa'
const nowSeconds = (): number => Math.floor(Date.now() / 1_000)
const usualClaims = (): Record<string, unknown> => ({
  sub: userId,
  sid: randomUUID(),
  role: ['walker'],
  iss: 'walking-buddy',
  aud: 'walking-buddy',
  jti: randomUUID(),
  nbf: nowSeconds() - 5,
  exp: nowSeconds() + 600,
})

/** A service that answers with what it got. */
export interface Echo {
  method: string
  url: string
  headers: Record<string, string>
  rawHeaders: string[]
  body: string
}

export const echo: RequestListener = async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const { method, url, headers, rawHeaders } = request
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ method, url, headers, rawHeaders, body }))
}

/** A server of the test's own, with what came to it. */
export async function upstream(
  listener: (request: IncomingMessage, response: ServerResponse) => void = echo,
): Promise<{ url: string; server: Server; seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    listener(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, seen }
}

/** A port where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

export interface GatewayUnderTest {
  gateway: Gateway
  url: string
  issuer: Issuer
  metrics: Metrics
  /** With a token of the issuer's, unless headers say otherwise. */
  call(
    method: string,
    path: string,
    init?: { headers?: Record<string, string>; body?: string; token?: string },
  ): Promise<Response>
}

/** A gateway that serves by infra/kong/kong.yml with keys of the test's own, every service being the one echo. */
export async function gatewayUnderTest(
  options: Partial<Omit<GatewayOptions, 'config'>> & {
    config?: string
    edit?: (yaml: string) => string
    services?: string
  } = {},
): Promise<GatewayUnderTest> {
  const { config, edit = yaml => yaml, services, ...rest } = options
  const own = issuer()
  const everywhere = services ?? (await upstream()).url
  const metrics = createMetrics({ service: 'gateway' })
  const gateway = createGateway({
    config: config ?? edit(renderKongConfig(kongYaml, { jwks: { keys: [own.jwk] } })),
    upstreams: {
      identity: everywhere,
      location: everywhere,
      matching: everywhere,
      walk: everywhere,
      realtime: everywhere,
    },
    port: 0,
    host: '127.0.0.1',
    log: silentLogger(),
    metrics,
    ...rest,
  })
  await gateway.listen()
  onTestFinished(() => gateway.close(100))
  const url = `http://127.0.0.1:${gateway.port}`
  return {
    gateway,
    url,
    issuer: own,
    metrics,
    call: (method, path, { headers = {}, body, token = own.token() } = {}) =>
      fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
  }
}

/** Bytes as they are, and what comes back until the other side closes. */
export async function sendRaw(
  port: number,
  ...parts: (string | Buffer)[]
): Promise<{ status: number; head: string; body: string; text: string }> {
  const socket = connect(port, '127.0.0.1')
  for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
  const chunks: Buffer[] = []
  await new Promise<void>(resolve => {
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
  })
  const text = Buffer.concat(chunks).toString('latin1')
  const [head = '', body = ''] = text.split(/\r\n\r\n([\s\S]*)/)
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body, text }
}
