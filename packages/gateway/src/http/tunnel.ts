import type { Duplex } from 'node:stream'
import type { HeaderList } from './header-list.ts'
import { headerLines } from './own-answer.ts'

/** A client and a service that left HTTP for websocket. */
export interface Tunnel {
  closed: Promise<void>
  bytesIn(): number
  bytesOut(): number
  destroy(): void
}

/**
 * Passes bytes both ways until either side ends, or nothing has passed for `idleMs`.
 * @param early what the client sent behind its request
 */
export function openTunnel(
  client: Duplex,
  upstream: Duplex,
  headers: HeaderList,
  early: Buffer,
  idleMs: number,
): Tunnel {
  client.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headerLines(headers.flat)}\r\n`,
    'latin1',
  )
  if (early.length > 0) upstream.write(early)

  let bytesIn = early.length
  let bytesOut = 0
  const idle = setTimeout(() => destroy(), idleMs)
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const destroy = (): void => {
    clearTimeout(idle)
    client.destroy()
    upstream.destroy()
    resolve()
  }
  client.on('data', (chunk: Buffer) => {
    bytesIn += chunk.length
    idle.refresh()
  })
  upstream.on('data', (chunk: Buffer) => {
    bytesOut += chunk.length
    idle.refresh()
  })
  for (const side of [client, upstream]) side.on('error', destroy).on('close', destroy)
  client.pipe(upstream)
  upstream.pipe(client)
  return { closed, bytesIn: () => bytesIn, bytesOut: () => bytesOut, destroy }
}
