import { renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@walking-buddy/telemetry'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGateway, KongConfigError, renderKongConfig } from '../../src/index.ts'
import { watchFile } from '../../src/watch-file.ts'
import { gatewayUnderTest, issuer, kongYaml, upstream } from '../gateway-under-test.ts'

async function temporaryFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'kong.yml')
  writeFileSync(path, text)
  return path
}

describe('a gateway', () => {
  test('takes up new keys without dropping a request, and refuses those that are gone', async () => {
    const [older, newer] = [issuer('older'), issuer('newer')]
    const { call, gateway } = await gatewayUnderTest({
      config: renderKongConfig(kongYaml, { jwks: { keys: [older.jwk] } }),
    })
    expect((await call('GET', '/api/users/me', { token: newer.token() })).status).toBe(401)

    await gateway.reload(renderKongConfig(kongYaml, { jwks: { keys: [older.jwk, newer.jwk] } }))
    for (const one of [older, newer])
      expect((await call('GET', '/api/users/me', { token: one.token() })).status).toBe(200)

    await gateway.reload(renderKongConfig(kongYaml, { jwks: { keys: [newer.jwk] } }))
    expect((await call('GET', '/api/users/me', { token: older.token() })).status).toBe(401)
  })

  test('requests under way outlive a reload', async () => {
    let finish: (() => void) | undefined
    const service = await upstream((_request, response) => {
      finish = () => response.end('done')
    })
    const { gateway, url } = await gatewayUnderTest({ services: service.url })
    const answer = fetch(`${url}/api/client-config`)
    await vi.waitFor(() => expect(finish).toBeDefined())
    await gateway.reload()
    finish!()
    expect(await (await answer).text()).toBe('done')
  })

  test('keeps the file that it has when the next one is faulty', async () => {
    const { call, gateway } = await gatewayUnderTest()
    await expect(gateway.reload(kongYaml.replace('name: cors', 'name: cors-of-tomorrow'))).rejects.toThrow(
      KongConfigError,
    )
    await expect(
      gateway.reload(kongYaml.replaceAll('kong.router.get_route()', 'kong.router.get_service()')),
    ).rejects.toThrow(/does not implement kong\.router\.get_service/)
    expect((await call('GET', '/api/users/me')).status).toBe(200)
  })

  test('does not start on a file that it does not understand, nor on a port that is taken', async () => {
    const options = {
      config: kongYaml.replace('policy: local', 'policy: redis'),
      port: 0,
      host: '127.0.0.1',
      log: silentLogger(),
    }
    await expect(createGateway(options).listen()).rejects.toThrow(KongConfigError)
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    await expect(
      createGateway({ ...options, config: kongYaml, port: (taken.address() as AddressInfo).port }).listen(),
    ).rejects.toThrow('EADDRINUSE')
  })

  test('lets requests end before it ends, and takes no more', async () => {
    let finish: (() => void) | undefined
    const service = await upstream((_request, response) => {
      finish = () => response.end('done')
    })
    const { gateway, url } = await gatewayUnderTest({ services: service.url })
    const answer = fetch(`${url}/api/client-config`)
    await vi.waitFor(() => expect(finish).toBeDefined())
    const closed = gateway.close(10_000)
    await expect(fetch(`${url}/api/client-config`)).rejects.toThrow()
    finish!()
    expect(await (await answer).text()).toBe('done')
    await closed
  })

  test('cuts what has not ended by the deadline', async () => {
    const service = await upstream(() => {})
    const { gateway, url } = await gatewayUnderTest({ services: service.url })
    const answer = fetch(`${url}/api/client-config`)
    const cut = expect(answer).rejects.toThrow()
    await vi.waitFor(() => expect(service.seen).toHaveLength(1))
    await gateway.close(50)
    await cut
  })

  test("keeps nothing of requests in Lua's memory", async () => {
    const { gateway, url, call } = await gatewayUnderTest({ limits: { scale: 1_000 } })
    for (let round = 0; round < 20; round++)
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          i % 2 ? fetch(`${url}/nowhere`) : call('GET', '/api/users/me'),
        ),
      )
    expect(gateway.luaMemoryKilobytes()).toBeLessThan(1_024)
  })
})

describe('a watched file', () => {
  test('is taken up when it is written or replaced, and once for several changes at a time', async () => {
    const path = await temporaryFile('one')
    const changes: number[] = []
    onTestFinished(watchFile(path, () => void changes.push(1)))
    writeFileSync(path, 'two')
    writeFileSync(path, 'three')
    await vi.waitFor(() => expect(changes).toHaveLength(1))
    writeFileSync(`${path}.new`, 'four')
    renameSync(`${path}.new`, path)
    await vi.waitFor(() => expect(changes).toHaveLength(2))
  })
})
