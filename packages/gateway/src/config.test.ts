import { expect, test } from 'vitest'
import { loadGatewayConfig } from './config.ts'

test('an empty environment gives a gateway on port 8000 with limits as they are', () => {
  const { gateway } = loadGatewayConfig({})
  expect(gateway).toMatchObject({ host: '127.0.0.1', port: 8000, upstreams: {}, limitScale: 1 })
  expect(gateway.file).toMatch(/infra\/kong\/kong\.yml$/)
})

test('upstreams are JSON of hosts and http URLs', () => {
  expect(
    loadGatewayConfig({ GATEWAY_UPSTREAMS: '{"identity":"http://127.0.0.1:4101"}' }).gateway.upstreams,
  ).toEqual({ identity: 'http://127.0.0.1:4101' })
  expect(() =>
    loadGatewayConfig({
      GATEWAY_UPSTREAMS: '{"identity":"127.0.0.1"}',
      GATEWAY_PORT: 'x',
      GATEWAY_LIMIT_SCALE: '0',
    }),
  ).toThrow(/GATEWAY_PORT[\s\S]*GATEWAY_UPSTREAMS[\s\S]*GATEWAY_LIMIT_SCALE/)
})
