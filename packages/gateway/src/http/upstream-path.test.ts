import { expect, test } from 'vitest'
import { upstreamPath } from './upstream-path.ts'

/** From the table in Kong's documentation of `path_handling: v0`, rows with one path. */
test.each([
  ['/s', '/fv0', false, '/fv0/req', '/s/fv0/req'],
  ['/s/', '/fv0', false, '/fv0/req', '/s/fv0/req'],
  ['/s', '/tv0', true, '/tv0/req', '/s/req'],
  ['/s/', '/tv0', true, '/tv0/req', '/s/req'],
  ['/s', '/tv0/', true, '/tv0/req', '/s/req'],
  ['/s/', '/tv0', true, '/tv0req', '/s/req'],
  ['/s', '/tv0', true, '/tv0req', '/s/req'],
  ['/s', '/tv0', true, '/tv0', '/s'],
  ['/s', '/tv0/', true, '/tv0/', '/s/'],
  ['/', '/tv0', true, '/tv0', '/'],
  ['/', '/fv0', false, '/fv0/', '/fv0/'],
  ['/', '/tv0', true, '/tv0/../x', '/../x'],
  ['/s', '/', false, '/', '/s'],
])(
  'service %s, route %s, strip %s: %s is asked for as %s',
  (servicePath, routePath, strips, requestPath, expected) => {
    expect(upstreamPath(servicePath, requestPath, strips ? routePath : undefined)).toBe(expected)
  },
)
