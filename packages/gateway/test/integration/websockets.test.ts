import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { gatewayUnderTest, sendRaw } from '../gateway-under-test.ts'

/** A Socket.IO server as realtime runs one. */
async function socketServer(): Promise<{ url: string; server: Server }> {
  const http = createServer()
  const server = new Server(http, { transports: ['websocket'], pingInterval: 25_000 })
  server.use((socket, next) =>
    socket.handshake.auth['token'] === 'good' ? next() : next(new Error('unauthorized')),
  )
  server.on('connection', socket => {
    socket.on('echo', (data: unknown, acknowledge: (data: unknown) => void) => acknowledge(data))
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, server }
}

const handshake = (rest = ''): string =>
  `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${rest}\r\n`

const clientOf = (url: string, token: string) => {
  const client = io(url, { transports: ['websocket'], auth: { token }, reconnection: false, forceNew: true })
  onTestFinished(() => void client.close())
  return client
}
const connected = (client: ReturnType<typeof clientOf>): Promise<string> =>
  new Promise(resolve => {
    client.once('connect', () => resolve('connected'))
    client.once('connect_error', error => resolve(error.message))
  })

describe('websockets', () => {
  test('Socket.IO works through the gateway, with its acknowledgements and refusals', async () => {
    const { url: services } = await socketServer()
    const { url } = await gatewayUnderTest({ services })
    const client = clientOf(url, 'good')
    expect(await connected(client)).toBe('connected')
    const long = 'x'.repeat(300_000)
    expect(await client.timeout(5_000).emitWithAck('echo', long)).toBe(long)
    expect(await connected(clientOf(url, 'bad'))).toBe('unauthorized')
  })

  test('a hundred talk at once', async () => {
    const { url: services } = await socketServer()
    const { url } = await gatewayUnderTest({ services })
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const client = clientOf(url, 'good')
        await connected(client)
        return client.timeout(10_000).emitWithAck('echo', i)
      }),
    )
    expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test('the handshake goes through the same access phase: headers, limits and ids', async () => {
    let seen: Record<string, unknown> = {}
    const { url: services, server } = await socketServer()
    server.engine.on(
      'initial_headers',
      (_headers: unknown, request: { headers: Record<string, unknown> }) => {
        seen = request.headers
      },
    )
    const { gateway } = await gatewayUnderTest({ services })
    const socket = connect(gateway.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(handshake('X-User-Id: victim\r\nX-Request-Id: phone-1\r\n'))
    let text = ''
    await new Promise<void>(resolve =>
      socket.on('data', chunk => {
        text += chunk
        if (text.includes('\r\n\r\n')) resolve()
      }),
    )
    expect(text).toMatch(/^HTTP\/1\.1 101 /)
    expect(text).toMatch(/x-request-id: phone-1\r/i)
    expect(text).toMatch(/ratelimit-remaining: 2999\r/i)
    expect(seen).toMatchObject({
      'x-limit-key': 'a:127.0.0.1',
      'x-request-id': 'phone-1',
      host: 'realtime:3000',
    })
    expect(seen).not.toHaveProperty('x-user-id')
  })

  test('what a client sends behind its handshake is not lost', async () => {
    const http = createServer()
    http.on('upgrade', (_request, socket, head) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.write(head)
      socket.pipe(socket)
    })
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void http.close())
    const { gateway } = await gatewayUnderTest({
      services: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    })
    const socket = connect(gateway.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(`${handshake()}early`)
    let text = ''
    await new Promise<void>(resolve =>
      socket.on('data', chunk => {
        text += chunk
        if (text.endsWith('early')) resolve()
      }),
    )
  })

  test('a refusal of the gateway is an ordinary answer', async () => {
    const { gateway } = await gatewayUnderTest()
    const nowhere = await sendRaw(gateway.port, handshake().replace('/socket.io/', '/nowhere'))
    expect(nowhere.status).toBe(404)
    expect(JSON.parse(nowhere.body)).toMatchObject({ code: 'not-found' })
  })

  test('a service that answers in HTTP is passed on as it is', async () => {
    const { gateway } = await gatewayUnderTest()
    const answer = await sendRaw(gateway.port, handshake())
    expect(answer.status).toBe(200)
    expect(answer.head).toMatch(/x-request-id: /i)
    expect(JSON.parse(answer.body)).toMatchObject({ url: '/socket.io/?EIO=4&transport=websocket' })
  })

  test('with no service behind it, it is 502', async () => {
    const { gateway } = await gatewayUnderTest({ services: 'http://127.0.0.1:1' })
    const answer = await sendRaw(gateway.port, handshake())
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'unavailable' })
  })

  test('another protocol than websocket is not spoken', async () => {
    const { url: services } = await socketServer()
    const { gateway } = await gatewayUnderTest({ services })
    const answer = await sendRaw(
      gateway.port,
      handshake('')
        .replace('Upgrade: websocket', 'Upgrade: h2c')
        .replace('Connection: Upgrade', 'Connection: Upgrade, close'),
    )
    expect(answer.status).toBe(400)
    expect(answer.head).not.toMatch(/101/)
  })

  test('the end of either side is the end of the other', async () => {
    const { url: services, server } = await socketServer()
    const { url } = await gatewayUnderTest({ services })
    const first = clientOf(url, 'good')
    await connected(first)
    const ended = new Promise(resolve => first.once('disconnect', resolve))
    server.disconnectSockets(true)
    await ended

    const second = clientOf(url, 'good')
    await connected(second)
    second.close()
    await vi.waitFor(() => expect(server.engine.clientsCount).toBe(0))
  })

  test('one on which nothing passes for read_timeout is closed', async () => {
    const { url: services } = await socketServer()
    const { url } = await gatewayUnderTest({
      services,
      edit: yaml => yaml.replaceAll(/(read|write)_timeout: 90000/g, '$1_timeout: 200'),
    })
    const client = clientOf(url, 'good')
    const ended = new Promise(resolve => client.once('disconnect', resolve))
    await connected(client)
    expect(await ended).toBe('transport close')
  })
})
