import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allOperations } from '@walking-buddy/contracts/rest'
import { routeOf } from '@walking-buddy/gateway'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const kong = join(root, 'infra/kong/kong.yml')
const sample = (path: string) => path.replaceAll(/\{\w+\}/g, '0190a5b4-7e6f-7c11-8f00-0123456789ab')

describe('the edge', () => {
  test.each(allOperations.map(operation => [operation.id, operation] as const))(
    '%s is routed to its service, with a token check exactly where it needs one',
    (_id, operation) => {
      const route = routeOf(kong, operation.method, sample(operation.path))
      expect(route?.service).toBe(operation.service)
      expect(route?.tags.includes('auth') ?? false).toBe(operation.access.kind === 'user')
    },
  )

  test('the socket is routed to realtime without a token check of the gateway', () => {
    expect(routeOf(kong, 'get', '/socket.io/?EIO=4&transport=websocket')).toMatchObject({
      service: 'realtime',
    })
  })
})

/** The parts of the public page that this stage builds, by the services that exist. */
const apiPage = join(root, '../shared/design/api.md')
describe.skipIf(!existsSync(apiPage))(
  'the page that clients are written against (skipped where ../shared is absent)',
  () => {
    const notYet =
      /firebase|forgot-password|reset-password|verify-email|resend-verification|sessions|totp|reauthenticate|exports|photo|\/api\/auth\/(password|email)|matching\/walk-now|suggestions|meeting-points|check$|DELETE \/api\/users\/me$/
    const page = existsSync(apiPage) ? readFileSync(apiPage, 'utf8') : ''
    const built = page.slice(page.indexOf('## Accounts'), page.indexOf('## Chat'))
    const rows = [...built.matchAll(/^\| ((?:GET|PUT|POST|DELETE)[^|]*)\|/gm)]
      .map(match => match[1]!)
      .filter(row => !/exports|X-Reauth/.test(row))
    const operations = rows.flatMap(row => {
      const found: string[] = []
      for (const part of row.split(';')) {
        const methods = part.match(/GET|PUT|POST|DELETE/g) ?? []
        const paths = [...part.matchAll(/`([^`]+)`/g)].map(match => match[1]!)
        let base = ''
        for (const path of paths) {
          const whole = path.startsWith('/api') || path.startsWith('/.well-known') ? path : base + path
          if (path.startsWith('/api')) base = path.replace(/\/[^/]+$/, '')
          for (const method of methods) found.push(`${method} ${whole}`)
        }
      }
      return found
    })
    const wanted = operations
      .map(operation => operation.replaceAll(/:(\w+)/g, '{$1}').replace(/\?.*$/, ''))
      .filter(operation => !notYet.test(operation) && /^\w+ (\/api|\/\.well)/.test(operation))

    test('names operations that can be read from it', () => expect(wanted.length).toBeGreaterThan(15))
    test.each([...new Set(wanted)])('%s is in OpenAPI', operation => {
      const openapi = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as {
        paths: Record<string, Record<string, unknown>>
      }
      const [method, path] = operation.split(' ') as [string, string]
      expect(
        openapi.paths[path]?.[method.toLowerCase()],
        `${operation}; known: ${Object.keys(openapi.paths).join(' ')}`,
      ).toBeDefined()
    })
  },
)
