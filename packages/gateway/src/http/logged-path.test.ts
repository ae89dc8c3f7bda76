import { expect, test } from 'vitest'
import { loggedPath } from './logged-path.ts'

test.each([
  ['/api/users/me?lat=48.1&lng=-20.2', '/api/users/me'],
  [
    '/api/walks/0198f1a2-3b4c-7d5e-8f60-718293a4b5c6/accept',
    '/api/walks/0198f1a2-3b4c-7d5e-8f60-718293a4b5c6/accept',
  ],
  ['/.well-known/jwks.json', '/.well-known/jwks.json'],
  ['/socket.io/?EIO=4&token=secret', '/socket.io/'],
  ['/s/secret', '/s/:token'],
  ['/s/secret?x=1', '/s/:token'],
  ['/s/secret/acknowledge', '/s/:token/acknowledge'],
  ['/s//secret', '/s/:token'],
  ['//s/secret', '-'],
  ['/api/../s/secret', '-'],
  ['/api/./s/secret', '-'],
  ['/api//secret', '-'],
  ['/api%2Fs/secret', '-'],
  ['/S/secret', '-'],
  ['/api/users/someone@example.org', '-'],
  ['', '-'],
])('%s is logged as %s', (target, logged) => {
  expect(loggedPath(target)).toBe(logged)
})
