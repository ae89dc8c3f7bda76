import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseKongConfig } from '../../src/declarative/kong-config.ts'
import { loggedPath } from '../../src/http/logged-path.ts'
import { kongConfLimits } from '../../src/http/nginx-checks.ts'
import { routeOf } from '../../src/index.ts'
import { gatewayUnderTest, kongFolder, kongYaml, walkId } from '../gateway-under-test.ts'

const config = parseKongConfig(kongYaml)
const pluginsOf = (route: (typeof config.routes)[number]) =>
  [...(route.service?.plugins ?? []), ...route.plugins].map(plugin => plugin.name)

describe('infra/kong/kong.yml', () => {
  test('is understood from end to end, and runs', async () => {
    const { call } = await gatewayUnderTest()
    expect((await call('GET', '/api/users/me')).status).toBe(200)
  })

  test('guards with jwt exactly the routes that bear the tag auth', () => {
    for (const route of config.routes)
      expect([route.name, pluginsOf(route).includes('jwt')]).toEqual([
        route.name,
        route.tags.includes('auth'),
      ])
    expect(
      config.routes.filter(route => route.service && !route.tags.includes('auth')).map(route => route.name),
    ).toEqual(['register', 'login', 'refresh', 'logout', 'public-documents', 'socket'])
  })

  test('limits every route that reaches a service', () => {
    for (const route of config.routes)
      if (route.service)
        expect([route.name, pluginsOf(route)]).toEqual([
          route.name,
          expect.arrayContaining(['rate-limiting']),
        ])
  })

  test('anchors every path that reaches a service at both ends, so that the order of routes never matters', () => {
    for (const route of config.routes)
      if (route.service) for (const path of route.paths) expect(path).toMatch(/^~\/.*\$$/)
  })

  test('has one pre-function, for one of a route would replace it', () => {
    expect(config.plugins.filter(plugin => plugin.name === 'pre-function')).toHaveLength(1)
    for (const route of config.routes) expect(pluginsOf(route)).not.toContain('pre-function')
  })

  test.each([
    ['POST', '/api/auth/register', 'identity'],
    ['POST', '/api/auth/login', 'identity'],
    ['POST', '/api/auth/refresh', 'identity'],
    ['POST', '/api/auth/logout', 'identity'],
    ['GET', '/.well-known/jwks.json', 'identity'],
    ['GET', '/api/client-config', 'identity'],
    ['GET', '/api/users/me', 'identity'],
    ['PUT', '/api/users/me', 'identity'],
    ['GET', '/api/users/preferences', 'identity'],
    ['PUT', '/api/users/preferences', 'identity'],
    ['GET', '/api/users/blocks', 'identity'],
    ['GET', `/api/users/${walkId}`, 'identity'],
    ['GET', `/api/users/${walkId.toUpperCase()}`, 'identity'],
    ['PUT', `/api/users/${walkId}/block`, 'identity'],
    ['DELETE', `/api/users/${walkId}/block`, 'identity'],
    ['PUT', '/api/users/location', 'location'],
    ['GET', '/api/users/availability', 'location'],
    ['PUT', '/api/users/availability', 'location'],
    ['GET', '/api/users/nearby?radiusMeters=500', 'matching'],
    ['POST', '/api/walks/request', 'walk'],
    ['PUT', `/api/walks/${walkId}/accept`, 'walk'],
    ['PUT', `/api/walks/${walkId}/decline`, 'walk'],
    ['PUT', `/api/walks/${walkId}/cancel`, 'walk'],
    ['PUT', `/api/walks/${walkId}/sharing`, 'walk'],
    ['POST', `/api/walks/${walkId}/start`, 'walk'],
    ['POST', `/api/walks/${walkId}/end`, 'walk'],
    ['POST', `/api/walks/${walkId}/track`, 'walk'],
    ['GET', '/api/walks', 'walk'],
    ['GET', '/api/walks/history?limit=5', 'walk'],
    ['GET', `/api/walks/${walkId}`, 'walk'],
    ['GET', `/api/walks/${walkId}/positions`, 'walk'],
    ['GET', `/api/walks/${walkId}/route`, 'walk'],
    ['GET', '/socket.io/?EIO=4&transport=websocket', 'realtime'],
    ['GET', '/socket.io', 'realtime'],
  ])('%s %s comes to %s', (method, path, service) => {
    expect(routeOf(kongYaml, method, path)?.service).toBe(service)
  })

  test.each([
    ['PUT', '/api/auth/login'],
    ['POST', '/api/users/me'],
    ['DELETE', '/api/users/me'],
    ['PUT', '/api/users/nearby'],
    ['PUT', `/api/walks/${walkId}/start`],
    ['POST', `/api/walks/${walkId}/accept`],
    ['GET', '/api/users/me/'],
    ['GET', '/api/users/mez'],
    ['GET', '/api/users/ME'],
    ['GET', '/x/api/users/me'],
    ['GET', '/api/users/not-an-id'],
    ['GET', '/api/walks/history/x'],
    ['GET', '/socket.iox'],
    ['POST', '/socket.io/'],
    ['GET', '/'],
  ])('%s %s comes to nobody', (method, path) => {
    expect(routeOf(kongYaml, method, path)).toBeUndefined()
  })
})

describe('infra/kong/kong.conf', () => {
  const settings = Object.fromEntries(
    readFileSync(`${kongFolder}kong.conf`, 'utf8')
      .split('\n')
      .filter(line => /^\w+ = /.test(line))
      .map(line => line.split(' = ') as [string, string]),
  )

  test('sets the limits that the local gateway keeps too', () => {
    expect(settings['nginx_http_client_header_timeout']).toBe(`${kongConfLimits.headerTimeoutMs / 1_000}s`)
    expect(settings['nginx_http_client_body_timeout']).toBe(`${kongConfLimits.bodyTimeoutMs / 1_000}s`)
    expect(settings['nginx_http_keepalive_timeout']).toBe(`${kongConfLimits.keepAliveMs / 1_000}s`)
    expect(settings['nginx_http_client_max_body_size']).toBe(`${kongConfLimits.bodyBytes / 1024 / 1024}m`)
    expect(settings['nginx_http_large_client_header_buffers']).toBe(
      `${kongConfLimits.headBytes / kongConfLimits.lineBytes} ${kongConfLimits.lineBytes / 1024}k`,
    )
  })

  test('loads every plugin of kong.yml', () => {
    const used = new Set(
      [
        ...config.plugins,
        ...config.services.flatMap(service => service.plugins),
        ...config.routes.flatMap(route => route.plugins),
      ].map(plugin => plugin.name),
    )
    expect(settings['plugins']?.split(',')).toEqual(expect.arrayContaining([...used]))
  })

  test('logs paths by the same rule as the local gateway', () => {
    const rule = /^\s+"~(\^\(\?<known_path>.*)" \$known_path;$/m.exec(
      readFileSync(`${kongFolder}access-log.conf`, 'utf8'),
    )?.[1]
    const nginx = new RegExp(rule!.replace('known_path', 'path'))
    for (const target of [
      '/api/users/me?lat=48.1',
      '/api/walks/x/accept',
      '/.well-known/jwks.json',
      '/socket.io/?token=t',
      '/api//s/t',
      '/api/../s/t',
      '/api%2fs',
      '/apix',
      '/API/x',
      '/api/x/',
    ])
      expect([target, loggedPath(target)]).toEqual([target, nginx.exec(target)?.groups?.['path'] ?? '-'])
  })
})
