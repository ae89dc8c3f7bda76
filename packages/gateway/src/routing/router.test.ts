import { describe, expect, test } from 'vitest'
import { HeaderList } from '../http/header-list.ts'
import { createRouter, type RouteConditions, regexFault } from './router.ts'

const route = (name: string, paths: string[], more: Partial<RouteConditions> = {}): RouteConditions => ({
  name,
  paths,
  methods: [],
  headers: {},
  regexPriority: 0,
  ...more,
})

const chosen = (
  routes: RouteConditions[],
  path: string,
  { method = 'GET', headers = [] as string[] } = {},
): string | undefined => createRouter(routes).match(method, path, new HeaderList(headers))?.route.name

describe('Kong chooses', () => {
  test('a regular expression before a prefix, however long', () => {
    expect(
      chosen([route('prefix', ['/api/users/me']), route('regex', ['~/api/users/[a-z]+$'])], '/api/users/me'),
    ).toBe('regex')
  })

  test('a longer prefix before a shorter one', () => {
    expect(chosen([route('short', ['/api']), route('long', ['/api/users'])], '/api/users/me')).toBe('long')
  })

  test('the higher regex_priority, whatever the length', () => {
    expect(
      chosen(
        [route('long', ['~/api/users/[a-z-]+/block$']), route('first', ['~/api/.*$'], { regexPriority: 1 })],
        '/api/users/a/block',
      ),
    ).toBe('first')
  })

  test('more conditions before anything else', () => {
    expect(
      chosen(
        [route('regex', ['~/api/users$']), route('method', ['/api'], { methods: ['GET'] })],
        '/api/users',
      ),
    ).toBe('method')
    expect(
      chosen(
        [
          route('method', ['/api/users'], { methods: ['GET'] }),
          route('both', ['/api'], { methods: ['GET'], headers: { accept: ['text/csv'] } }),
        ],
        '/api/users',
        { headers: ['Accept', 'text/csv'] },
      ),
    ).toBe('both')
  })

  test('a prefix without regard to segments, and no prefix without its slash', () => {
    expect(chosen([route('strip', ['/x/strip'])], '/x/stripes')).toBe('strip')
    expect(chosen([route('users', ['/api/users/'])], '/api/users')).toBeUndefined()
  })

  test('by a regular expression from the start of the path, and to its end only with $', () => {
    const routes = [route('one', ['~/a$'])]
    expect(chosen(routes, '/a')).toBe('one')
    expect(chosen(routes, '/a/')).toBeUndefined()
    expect(chosen(routes, '/b/a')).toBeUndefined()
    expect(chosen([route('open', ['~/a'])], '/abc')).toBe('open')
  })

  test('the twin with a token where one comes along, by any of the repeated headers', () => {
    const twins = [
      route('without', ['~/tiles$'], { methods: ['GET'] }),
      route('with', ['~/tiles$'], { methods: ['GET'], headers: { authorization: ['~*^bearer '] } }),
    ]
    expect(chosen(twins, '/tiles')).toBe('without')
    expect(chosen(twins, '/tiles', { headers: ['Authorization', 'Bearer x'] })).toBe('with')
    expect(chosen(twins, '/tiles', { headers: ['authorization', 'BEARER x'] })).toBe('with')
    expect(chosen(twins, '/tiles', { headers: ['Authorization', 'Basic x'] })).toBe('without')
    expect(
      chosen(twins, '/tiles', { headers: ['Authorization', 'Basic x', 'Authorization', 'bearer x'] }),
    ).toBe('with')
  })

  test('a plain header value without regard to case', () => {
    expect(
      chosen([route('csv', ['/'], { headers: { Accept: ['Text/CSV'] } })], '/', {
        headers: ['accept', 'text/csv'],
      }),
    ).toBe('csv')
  })

  test('nobody for another method', () => {
    expect(chosen([route('get', ['/a'], { methods: ['GET'] })], '/a', { method: 'PUT' })).toBeUndefined()
  })
})

test('routes between which the file does not choose are all candidates', () => {
  const router = createRouter([route('a', ['~/x/.*$']), route('b', ['~/x/y$']), route('c', ['/x'])])
  expect(router.candidates('GET', '/x/y', new HeaderList()).map(match => match.route.name)).toEqual([
    'a',
    'b',
  ])
})

describe('regular expressions', () => {
  test.each(['/api/(?<id>[0-9a-f-]{36})/(a|b)$', '/socket\\.io/?$', '/(?:a|b)+', '/[^/]+\\-x'])(
    '%s means the same in Kong',
    source => {
      expect(regexFault(source)).toBeUndefined()
    },
  )
  test.each([
    '/(?=a)',
    '/(?!a)',
    '/(?<=a)b',
    '/(?i)a',
    '/\\d+',
    '/\\w',
    '/\\bx',
    '/(a)\\1',
    '/[[:alpha:]]',
    '/[a&&b]',
    '/(',
    '/\\p{L}',
  ])('%s might not, and is refused', source => {
    expect(regexFault(source)).toBeTypeOf('string')
  })
})
