import { expect, test } from 'vitest'
import { HeaderList } from './header-list.ts'
import { dropFromRequest } from './hop-by-hop.ts'

test('names match without regard to case, and order and repetitions stay', () => {
  const headers = new HeaderList(['Set-Cookie', 'a', 'X-A', '1', 'set-cookie', 'b'])
  expect(headers.get('SET-COOKIE')).toBe('a')
  expect(headers.all('set-cookie')).toEqual(['a', 'b'])
  headers.set('Set-Cookie', 'c')
  expect(headers.flat).toEqual(['Set-Cookie', 'c', 'X-A', '1'])
  headers.add('X-A', '2')
  headers.delete('x-a')
  expect(headers.flat).toEqual(['Set-Cookie', 'c'])
  expect(headers.names).toEqual(['set-cookie'])
  headers.set('X-B', '3')
  expect(headers.has('x-b')).toBe(true)
})

test('Connection takes along what it names, but never what frames the message', () => {
  const headers = new HeaderList([
    'Connection',
    'close, X-Hop ,content-length',
    'connection',
    'host',
    'X-Hop',
    '1',
    'Content-Length',
    '2',
    'Host',
    'a',
  ])
  dropFromRequest(headers)
  expect(headers.flat).toEqual(['Content-Length', '2', 'Host', 'a'])
})
