import { describe, expect, test } from 'vitest'
import { escapePath, parseTarget } from './target.ts'

describe('a request target', () => {
  test.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['/a//b', '/a/b'],
    ['//', '/'],
    ['/a/./b/.', '/a/b/'],
    ['/a/b/..', '/a/'],
    ['/a/../b', '/b'],
    ['/a/%2E%2e/b', '/b'],
    ['/a/..%2fb', '/a/..%2Fb'],
    ['/%61%2d%7E', '/a-~'],
    ['/a%2fb%3f%25', '/a%2Fb%3F%25'],
    ['/%E2%82%AC', '/\xe2\x82\xac'],
    ['/...', '/...'],
    ['/.well-known/x', '/.well-known/x'],
  ])('%s is routed as %s', (target, path) => {
    expect(parseTarget(target)?.path).toBe(path)
  })

  test.each(['', 'a', '*', '/a b', '/..', '/a/../..', '/%2e./x', '/%', '/%4', '/%g0', '/%00', '/a\x7f'])(
    '%j is none',
    target => {
      expect(parseTarget(target)).toBeUndefined()
    },
  )

  test('in absolute form names its authority', () => {
    expect(parseTarget('http://h:8000/a?b')).toMatchObject({ path: '/a', query: '?b', authority: 'h:8000' })
    expect(parseTarget('https://h')).toMatchObject({ path: '/', authority: 'h' })
    expect(parseTarget('http://h?x')).toMatchObject({ path: '/', query: '?x' })
  })

  test('keeps its query as it is, an empty one too', () => {
    expect(parseTarget('/a?%zz=..//&é')?.query).toBe('?%zz=..//&é')
    expect(parseTarget('/a?')?.query).toBe('?')
    expect(parseTarget('/a')?.query).toBe('')
  })

  test('is fit for a request line again when escaped', () => {
    expect(escapePath('/a b/\xe2"<>\\^`{|}/%2F/~!')).toBe('/a%20b/%E2%22%3C%3E%5C%5E%60%7B%7C%7D/%2F/~!')
  })
})
