import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type Echo, gatewayUnderTest, sendRaw, upstream } from '../gateway-under-test.ts'

async function edge(options: Parameters<typeof gatewayUnderTest>[0] = {}) {
  const service = await upstream()
  const under = await gatewayUnderTest({ services: service.url, ...options })
  const raw = (text: string, ...more: string[]) => sendRaw(under.gateway.port, text, ...more)
  const get = (target: string, headers = '') =>
    raw(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`)
  return { ...under, service, raw, get }
}

const problemOf = (body: string): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>

describe('paths', () => {
  test.each([
    ['/api//client-config', '/api/client-config'],
    ['//api/client-config', '/api/client-config'],
    ['/x/../api/client-config', '/api/client-config'],
    ['/x/%2e%2e/api/client-config', '/api/client-config'],
    ['/./api/./client-config', '/api/client-config'],
    ['/api/client%2Dconfig', '/api/client-config'],
    ['/api/%63lient-config?a=%2e%2e', '/api/client-config?a=%2e%2e'],
    ['http://evil.example/api/client-config?x', '/api/client-config?x'],
    ['/api/client-config?', '/api/client-config?'],
  ])('%s is what it stands for, and the service sees that alone', async (target, seen) => {
    const { get, service } = await edge()
    expect((await get(target)).status).toBe(200)
    expect(service.seen).toEqual([`GET ${seen}`])
  })

  test.each([
    '/api/client-config/',
    '/API/client-config',
    '/api%2Fclient-config',
    '/api/client-config%2f',
    '/api/client-config;x',
    '/api/client-config%00x'.replace('%00', '%01'),
    '/api/client-config%0a',
    '/api/client-configs',
    '/api/users/me/../../admin',
    '/%61pi/users/../../nowhere'.replace('/../..', '/..'),
    '/\\api\\client-config',
  ])('%s is nowhere', async target => {
    const { get, service } = await edge()
    const answer = await get(target)
    expect(answer.status).toBe(404)
    expect(problemOf(answer.body)).toMatchObject({ status: 404, code: 'not-found' })
    expect(service.seen).toEqual([])
  })

  test.each([
    '/../api/client-config',
    '/%2e%2e/api/client-config',
    '/x/../../api/client-config',
    '/%zz',
    '/%',
    '/%00',
    '*',
    'api/client-config',
    '/api/client-config\x01',
  ])('%j is no valid request', async target => {
    const { get, service } = await edge()
    const answer = await get(target)
    expect(answer.status).toBe(400)
    expect(problemOf(answer.body)).toMatchObject({ status: 400, code: 'invalid-request' })
    expect(service.seen).toEqual([])
  })
})

describe('requests that try to be two', () => {
  test.each([
    ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 5\r\n\r\n'],
    ['two equal lengths', 'Content-Length: 0\r\nContent-Length: 0\r\n\r\n'],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['a length with a sign', 'Content-Length: +1\r\n\r\nx'],
    ['chunks in disguise', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunks after another coding', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'X-A: b\r\n c\r\n\r\n'],
    ['a header with a line feed alone', 'X-A: b\nX-User-Id: victim\r\n\r\n'],
    ['a zero byte', 'X-A: b\0c\r\n\r\n'],
    ['two hosts', 'Host: b\r\n\r\n'],
  ])('%s', async (_what, rest) => {
    const { raw, service } = await edge()
    const answer = await raw(`POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`)
    expect(answer.status).toBe(400)
    expect(answer.head).toMatch(/content-type: application\/problem\+json/i)
    expect(problemOf(answer.body)).toMatchObject({ status: 400, code: 'invalid-request' })
    expect(service.seen).toEqual([])
  })

  test('chunks in HTTP/1.0, and a request without a host', async () => {
    const { raw, service } = await edge()
    expect(
      (await raw('POST /api/auth/logout HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'))
        .status,
    ).toBe(400)
    expect((await raw('GET /api/client-config HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(400)
    expect(
      (await raw('GET /api/client-config HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')).status,
    ).toBe(400)
    expect(service.seen).toEqual([])
  })

  test('what follows a request is the next one, and not a part of it', async () => {
    const { raw, service } = await edge()
    const answer = await raw(
      'POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET /api/client-config HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    expect(answer.text.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    expect(service.seen).toEqual(['POST /api/auth/logout', 'GET /api/client-config'])
  })

  test('bytes that are no HTTP get a problem too', async () => {
    const { raw } = await edge()
    const answer = await raw('\x16\x03\x01\x02\x00\x01\r\n\r\n')
    expect(answer.status).toBe(400)
    expect(problemOf(answer.body)).toMatchObject({
      code: 'invalid-request',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })
})

describe('headers', () => {
  test('of one connection, and those that it names, end at the gateway', async () => {
    const { get } = await edge()
    const { headers } = problemOf(
      (
        await get(
          '/api/client-config',
          'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authorization: Basic x\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nTrailer: X-T\r\nUpgrade: h2c\r\nProxy: http://evil\r\n',
        )
      ).body,
    ) as unknown as Echo
    for (const name of [
      'x-hop',
      'keep-alive',
      'proxy-authorization',
      'proxy-connection',
      'te',
      'trailer',
      'upgrade',
      'proxy',
    ])
      expect(headers[name]).toBeUndefined()
  })

  test('a service is asked by its own name, and told who asks', async () => {
    const { get } = await edge()
    const { headers } = problemOf(
      (
        await get(
          '/api/client-config',
          'X-Forwarded-For: 198.51.100.1\r\nX-Real-IP: 198.51.100.1\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\n',
        )
      ).body,
    ) as unknown as Echo
    expect(headers).toMatchObject({
      host: 'identity:3000',
      'x-forwarded-for': '198.51.100.1, 127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-host': 'a',
      'x-forwarded-proto': 'http',
    })
  })

  test('bytes beyond ASCII pass as they are', async () => {
    const { get } = await edge()
    const { headers } = problemOf(
      (await get('/api/client-config', 'X-A: caf\xe9\r\n')).body,
    ) as unknown as Echo
    expect(headers['x-a']).toBe('cafÃ©')
  })

  test.each(['a b', 'x'.repeat(65), '<script>', "'; drop", '\xe9'])(
    'a request id of %j is replaced',
    async id => {
      const { get } = await edge()
      const answer = await get('/api/client-config', `X-Request-Id: ${id}\r\n`)
      const [, given] = /x-request-id: (.*)\r/i.exec(answer.head)!
      expect(given).toMatch(/^[\w-]{36}$/)
      expect(answer.body).toContain(`"x-request-id":"${given}"`)
    },
  )

  test("a client's own sound request id is kept, to the service and back, and in a refusal", async () => {
    const { get } = await edge()
    const passed = await get('/api/client-config', 'X-Request-Id: phone-42_a\r\n')
    expect(passed.head).toMatch(/x-request-id: phone-42_a\r/i)
    expect(passed.body).toContain('"x-request-id":"phone-42_a"')
    const refused = await get('/nowhere', 'X-Request-Id: phone-42_a\r\n')
    expect(refused.head).toMatch(/x-request-id: phone-42_a\r/i)
    expect(problemOf(refused.body)).toMatchObject({ requestId: 'phone-42_a' })
  })

  test('one that is too large, or too many, is a problem of its own', async () => {
    const { get } = await edge()
    for (const headers of [
      `X-A: ${'a'.repeat(9_000)}\r\n`,
      Array.from({ length: 40 }, (_, i) => `X-${i}: ${'a'.repeat(1_000)}\r\n`).join(''),
    ]) {
      const answer = await get('/api/client-config', headers)
      expect(answer.status).toBe(431)
      expect(problemOf(answer.body)).toMatchObject({ status: 431, code: 'headers-too-large' })
    }
  })

  test('a target that is too long', async () => {
    const { get } = await edge()
    const answer = await get(`/api/client-config?${'a'.repeat(9_000)}`)
    expect(answer.status).toBe(414)
    expect(problemOf(answer.body)).toMatchObject({ code: 'uri-too-long' })
  })

  test.each(['TRACE', 'CONNECT'])('%s is not allowed', async method => {
    const { raw } = await edge()
    const answer = await raw(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(answer.status).toBe(405)
    expect(problemOf(answer.body)).toMatchObject({ status: 405, code: 'method-not-allowed' })
  })

  test('HEAD gets the head of the answer, and of a refusal', async () => {
    const { raw } = await edge()
    for (const [path, status] of [
      ['/api/client-config', 200],
      ['/nowhere', 404],
    ] as const) {
      const answer = await raw(`HEAD ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatchObject({ status, body: '' })
    }
  })
})

describe('bodies', () => {
  const atLimit = 'x'.repeat(64 * 1024)

  test('64 KiB pass, by length and in chunks', async () => {
    const { raw, url } = await edge()
    const answer = await fetch(`${url}/api/auth/logout`, { method: 'POST', body: atLimit })
    expect(((await answer.json()) as Echo).body).toHaveLength(65_536)
    const chunked = await raw(
      'POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
      `10000\r\n${atLimit}\r\n0\r\n\r\n`,
    )
    expect(chunked.status).toBe(200)
    expect((problemOf(chunked.body) as unknown as Echo).headers).toMatchObject({ 'content-length': '65536' })
  })

  test('a byte more is refused, by length and in chunks, and no service hears of it', async () => {
    const { raw, url, service } = await edge()
    const answer = await fetch(`${url}/api/auth/logout`, { method: 'POST', body: `${atLimit}x` })
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ status: 413, code: 'body-too-large' })
    const chunked = await raw(
      'POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
      `10000\r\n${atLimit}\r\n1\r\nx\r\n0\r\n\r\n`,
    )
    expect(chunked.status).toBe(413)
    expect(service.seen).toEqual([])
  })

  test('a refused body of any length does not keep its sender from reading the answer', async () => {
    const { gateway } = await edge()
    const answer = await sendRaw(
      gateway.port,
      'POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n',
      Buffer.alloc(900_000),
    )
    expect(answer.status).toBe(413)
  })

  test('a sender that never ends is cut off', async () => {
    const { gateway } = await edge()
    const socket = connect(gateway.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = `10000\r\n${atLimit}\r\n`
    let sent = 0
    await new Promise<void>(resolve => {
      socket.on('close', () => resolve())
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk)) sent += 65_536
      }
      socket.on('drain', more)
      more()
    })
    expect(sent).toBeLessThan(32 * 1024 * 1024)
  })

  test('who waits for 100 Continue hears of a body that is too large before sending it', async () => {
    const { raw } = await edge()
    const answer = await raw(
      'POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n',
    )
    expect(answer.status).toBe(413)
    expect(answer.text).not.toContain('100 Continue')
  })

  test('who waits for 100 Continue gets it', async () => {
    const { gateway } = await edge()
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write(
      'POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    )
    let text = ''
    await new Promise<void>(resolve => {
      socket.on('data', chunk => {
        text += chunk
        if (text.endsWith('100 Continue\r\n\r\n')) socket.write('{}')
      })
      socket.on('close', () => resolve())
    })
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  })

  test('a body that stops coming gets no answer and reaches no service', async () => {
    const { raw, service } = await edge({ clientLimits: { bodyTimeoutMs: 100 } })
    const answer = await raw('POST /api/auth/logout HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
    expect(answer.text).toBe('')
    expect(service.seen).toEqual([])
  })

  test('a head that stops coming is told so', async () => {
    const { raw } = await edge({ clientLimits: { headerTimeoutMs: 100 } })
    const answer = await raw('GET /api/client-config HTTP/1.1\r\nHost:')
    expect(answer.status).toBe(408)
    expect(problemOf(answer.body)).toMatchObject({ status: 408, code: 'request-timeout' })
  })
})
