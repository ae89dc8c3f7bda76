import { once } from 'node:events'
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { closedPort, gatewayUnderTest, upstream } from '../gateway-under-test.ts'

/** kong.yml with small timeouts, and `retries` of the test's choosing. */
const impatient =
  (retries = 0, more: (yaml: string) => string = yaml => yaml) =>
  (yaml: string): string =>
    more(yaml)
      .replaceAll(/(read|write)_timeout: \d+/g, '$1_timeout: 300')
      .replaceAll(/connect_timeout: \d+/g, 'connect_timeout: 300')
      .replaceAll(/retries: \d+/g, `retries: ${retries}`)

async function tcpServer(
  onConnection: (socket: Socket) => void,
): Promise<{ url: string; connections: () => number }> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
}

const problem = async (answer: Response): Promise<Record<string, unknown>> => {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return (await answer.json()) as Record<string, unknown>
}

describe('answers of services', () => {
  test('pass with their status, headers and repetitions', async () => {
    const service = await upstream((_request, response) => {
      response.writeHead(
        418,
        'Short and stout',
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Own', 'caf\xe9'],
          ['Keep-Alive', 'timeout=1'],
          ['X-Request-Id', 'of-the-service'],
        ].flat(),
      )
      response.end('{"code":"own"}')
    })
    const { url } = await gatewayUnderTest({ services: service.url })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(418)
    expect(answer.statusText).toBe('Short and stout')
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(answer.headers.get('x-own')).toBe('caf\xe9')
    expect(answer.headers.get('keep-alive')).toBe('timeout=75')
    expect(answer.headers.get('x-request-id')).not.toBe('of-the-service')
    expect(await answer.json()).toEqual({ code: 'own' })
  })

  test("a service's own problem is left alone", async () => {
    const service = await upstream((_request, response) =>
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"code":"not-available"}'),
    )
    const { url } = await gatewayUnderTest({ services: service.url })
    expect(await problem(await fetch(`${url}/api/client-config`))).toEqual({ code: 'not-available' })
  })

  test('bodies are streamed: the first part is there before the last is made', async () => {
    let finish: (() => void) | undefined
    const service = await upstream((_request, response) => {
      response.write('first')
      finish = () => response.end(' last')
    })
    const { url } = await gatewayUnderTest({ services: service.url })
    const answer = await fetch(`${url}/api/client-config`)
    const reader = answer.body!.getReader()
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('first')
    finish!()
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(' last')
    expect((await reader.read()).done).toBe(true)
  })

  test('a head without a body yet goes out at once', async () => {
    let finish: (() => void) | undefined
    const service = await upstream((_request, response) => {
      response.flushHeaders()
      finish = () => response.end('late')
    })
    const { url } = await gatewayUnderTest({ services: service.url })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(200)
    finish!()
    expect(await answer.text()).toBe('late')
  })

  test('a slow reader slows the service down, instead of filling the gateway', async () => {
    const total = 64 * 1024 * 1024
    let sent = 0
    const service = await upstream((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024)
      const more = (): void => {
        while (sent < total) {
          sent += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const { gateway } = await gatewayUnderTest({ services: service.url })
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/api/client-config' }).end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.once('readable', () => {})
    // Stalled: no more is taken from the service than at the poll before.
    let before = -1
    await vi.waitFor(
      () => {
        const stalled = sent === before
        before = sent
        expect(stalled).toBe(true)
      },
      { timeout: 10_000, interval: 200 },
    )
    expect(sent).toBeLessThan(total / 2)
    let received = 0
    for await (const chunk of answer) received += (chunk as Buffer).length
    expect(received).toBe(total)
  })

  test('a large body of a request is streamed as well', async () => {
    let atStart: (() => void) | undefined
    const started = new Promise<void>(resolve => {
      atStart = resolve
    })
    const service = await upstream(async (request, response) => {
      atStart!()
      let bytes = 0
      for await (const chunk of request) bytes += (chunk as Buffer).length
      response.end(String(bytes))
    })
    const { gateway } = await gatewayUnderTest({
      services: service.url,
      edit: yaml => yaml.replace('allowed_payload_size: 64', 'allowed_payload_size: 5000'),
    })
    const request = httpRequest({
      port: gateway.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/api/auth/logout',
      headers: { 'content-length': 1_000_000 },
    })
    request.write(Buffer.alloc(500_000))
    await started
    request.end(Buffer.alloc(500_000))
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    expect(Buffer.concat(await answer.toArray()).toString()).toBe('1000000')
  })

  test('1,000 requests at once each get their own answer, and are counted', async () => {
    const service = await upstream((request, response) => response.end(request.url))
    const { url, metrics } = await gatewayUnderTest({ services: service.url })
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => (await fetch(`${url}/api/client-config?n=${i}`)).text()),
    )
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, i) => `/api/client-config?n=${i}`))
    expect(await metrics.text()).toMatch(
      /kong_http_requests_total\{[^}]*route="public-documents"[^}]*\} 1000/,
    )
  })
})

describe('services that fail', () => {
  test('one that is not there is 502', async () => {
    const { url } = await gatewayUnderTest({ services: `http://127.0.0.1:${await closedPort()}` })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(502)
    expect(await problem(answer)).toMatchObject({
      status: 502,
      code: 'unavailable',
      requestId: answer.headers.get('x-request-id'),
    })
  })

  test('one whose name nobody knows is 503', async () => {
    const { url } = await gatewayUnderTest({ upstreams: { identity: 'http://nowhere.invalid:3000' } })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(503)
    expect(await problem(answer)).toMatchObject({ status: 503, code: 'unavailable' })
  })

  test('one that does not answer in time is 504', async () => {
    const service = await upstream(() => {})
    const { url } = await gatewayUnderTest({ services: service.url, edit: impatient() })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(504)
    expect(await problem(answer)).toMatchObject({ status: 504, code: 'timeout' })
  })

  test.each([
    ['closes without an answer', ''],
    ['answers no HTTP', 'hello\r\n\r\n'],
    ['answers half a head', 'HTTP/1.1 200 OK\r\nX-A'],
  ])('one that %s is 502', async (_what, bytes) => {
    const service = await tcpServer(socket => socket.once('data', () => socket.end(bytes)))
    const { url } = await gatewayUnderTest({ services: service.url, edit: impatient() })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(502)
    expect(await problem(answer)).toMatchObject({ status: 502, code: 'unavailable' })
  })

  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('a body with %s that breaks off does not look whole to the client', async (_what, bytes) => {
    const service = await tcpServer(socket => socket.once('data', () => socket.end(bytes)))
    const { url } = await gatewayUnderTest({ services: service.url, edit: impatient() })
    const answer = await fetch(`${url}/api/client-config`)
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  test('a body that pauses for too long is broken off', async () => {
    const service = await tcpServer(socket =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
    )
    const { url } = await gatewayUnderTest({ services: service.url, edit: impatient() })
    await expect((await fetch(`${url}/api/client-config`)).text()).rejects.toThrow()
  })
})

describe('attempts', () => {
  /** Closes the first connections without an answer. */
  const flaky = async (failures: number) => {
    let left = failures
    return tcpServer(socket =>
      socket.on('data', () => {
        if (left-- > 0) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      }),
    )
  }

  test.each(['GET', 'PUT'])('a %s is tried again as often as the file says', async method => {
    const service = await flaky(2)
    const { call } = await gatewayUnderTest({ services: service.url, edit: impatient(2) })
    const answer = await call(method, '/api/users/preferences', method === 'PUT' ? { body: '{}' } : {})
    expect(answer.status).toBe(200)
    expect(service.connections()).toBe(3)
  })

  test('a POST that may have arrived is never sent twice', async () => {
    const service = await flaky(1)
    const { url } = await gatewayUnderTest({ services: service.url, edit: impatient(2) })
    expect((await fetch(`${url}/api/auth/logout`, { method: 'POST', body: '{}' })).status).toBe(502)
    expect(service.connections()).toBe(1)
  })

  test('with no attempt left the failure is told', async () => {
    const service = await flaky(9)
    const { call } = await gatewayUnderTest({ services: service.url, edit: impatient(2) })
    expect((await call('GET', '/api/users/me')).status).toBe(502)
    expect(service.connections()).toBe(3)
  })
})

describe('clients that go away', () => {
  /** Resolves when the service has lost its connection. */
  const heard = async (
    respond: (response: ServerResponse) => void,
    leave: (request: ClientRequest) => void,
  ): Promise<void> => {
    const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>()
    const { promise: arrived, resolve: onArrived } = Promise.withResolvers<void>()
    const service = await upstream((request, response) => {
      request.socket.once('close', onClosed)
      respond(response)
      onArrived()
    })
    const { gateway } = await gatewayUnderTest({ services: service.url })
    const request = httpRequest({ port: gateway.port, host: '127.0.0.1', path: '/api/client-config' })
      .on('error', () => {})
      .end()
    await arrived
    leave(request)
    await closed
  }

  test('while the service thinks: the service hears of it', async () => {
    await heard(
      () => {},
      request => request.destroy(),
    )
  })

  test('in the middle of an answer: the service hears of it', async () => {
    await heard(
      response => {
        const more = (): void => {
          if (!response.destroyed) response.write(Buffer.alloc(65_536), more)
        }
        more()
      },
      request => request.once('response', answer => answer.once('data', () => request.destroy())),
    )
  })

  test('in the middle of their body: no service hears of the request', async () => {
    const service = await upstream()
    const { gateway, metrics } = await gatewayUnderTest({ services: service.url })
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write('POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc', () =>
      socket.destroy(),
    )
    await vi.waitFor(async () =>
      expect(await metrics.text()).toMatch(/kong_http_requests_total\{[^}]*route="logout"[^}]*code="499"/),
    )
    expect(service.seen).toEqual([])
  })
})
