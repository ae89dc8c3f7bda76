import { connect, type Socket } from 'node:net'

export interface RawHttp {
  /** Sends a request (whole, as bytes) and resolves with the length of the answer's body. @throws Error unless 200 */
  send(request: Buffer): Promise<number>
  close(): void
}

/**
 * HTTP/1.1 over connections that are kept, one request at a time on each; it reads no more of an answer than where
 * it ends. A client that costs little, so that what is measured is the server.
 */
export async function rawHttp(port: number, connections: number): Promise<RawHttp> {
  const idle: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  const all = await Promise.all(Array.from({ length: connections }, () => open(port)))
  idle.push(...all)
  return {
    async send(request) {
      const connection = idle.pop() ?? (await new Promise<Connection>(resolve => waiting.push(resolve)))
      try {
        return await connection.exchange(request)
      } finally {
        const next = waiting.shift()
        if (next) next(connection)
        else idle.push(connection)
      }
    },
    close: () => {
      for (const connection of all) connection.socket.destroy()
    },
  }
}

interface Connection {
  socket: Socket
  exchange(request: Buffer): Promise<number>
}

function open(port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let received = Buffer.alloc(0)
    let settle: { resolve: (bytes: number) => void; reject: (error: Error) => void } | undefined
    socket.on('data', chunk => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const headEnd = received.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const head = received.toString('latin1', 0, headEnd)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (received.length < headEnd + 4 + length) return
      received = Buffer.alloc(0)
      if (head.startsWith('HTTP/1.1 200')) settle?.resolve(length)
      else settle?.reject(new Error(head.slice(0, head.indexOf('\r\n'))))
    })
    socket.on('error', error => {
      settle?.reject(error)
      reject(error)
    })
    socket.on('close', () => settle?.reject(new Error('connection closed')))
    socket.once('connect', () =>
      resolve({
        socket,
        exchange: request =>
          new Promise((done, failed) => {
            settle = { resolve: done, reject: failed }
            socket.write(request)
          }),
      }),
    )
  })
}

/** The bytes of a request. */
export const requestBytes = (options: {
  method?: string
  path: string
  token?: string
  body?: string
}): Buffer =>
  Buffer.from(
    [
      `${options.method ?? 'GET'} ${options.path} HTTP/1.1`,
      'host: localhost',
      ...(options.token === undefined ? [] : [`authorization: Bearer ${options.token}`]),
      ...(options.body === undefined
        ? []
        : ['content-type: application/json', `content-length: ${Buffer.byteLength(options.body)}`]),
      '',
      options.body ?? '',
    ].join('\r\n'),
  )
