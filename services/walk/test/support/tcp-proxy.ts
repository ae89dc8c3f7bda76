import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut. */
export interface TcpProxy {
  port: number
  /** Ends all connections and takes no more. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

export async function tcpProxy(target: URL): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer(inbound => {
    if (isCut) return void inbound.destroy()
    const outbound = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const dropAll = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      dropAll()
    },
    mend() {
      isCut = false
    },
    close: async () => {
      dropAll()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

/** The same URL by way of the proxy. */
export function through(proxy: TcpProxy, url: string): string {
  const by = new URL(url)
  by.hostname = '127.0.0.1'
  by.port = String(proxy.port)
  return by.href
}
