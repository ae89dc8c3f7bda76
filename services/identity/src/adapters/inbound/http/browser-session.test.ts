import { describe, expect, test } from 'vitest'
import { isBrowser, noRefreshCookie, refreshCookie, refreshTokenOf } from './browser-session.ts'

const allowed = ['https://app.example.org']
const cookie = { cookie: 'theme=dark; __Secure-refresh=t0k3n; other=1' }
const csrf = expect.objectContaining({ kind: 'forbidden', code: 'csrf' })

describe('the refresh token of a request', () => {
  test('comes from the body, or else from the cookie of an allowed page that says X-CSRF', () => {
    expect(refreshTokenOf({ headers: {}, body: { refreshToken: 'b0dy' } }, allowed)).toBe('b0dy')
    const headers = { ...cookie, origin: allowed[0], 'x-csrf': '1' }
    expect(refreshTokenOf({ headers, body: undefined }, allowed)).toBe('t0k3n')
    expect(refreshTokenOf({ headers: { origin: allowed[0] }, body: {} }, allowed)).toBeUndefined()
  })

  test.each([
    {},
    { origin: allowed[0] },
    { origin: allowed[0], 'x-csrf': '0' },
    { 'x-csrf': '1' },
    { origin: 'null', 'x-csrf': '1' },
    { origin: 'https://app.example.org.evil.example', 'x-csrf': '1' },
    { origin: 'http://app.example.org', 'x-csrf': '1' },
    { origin: 'https://app.example.org:444', 'x-csrf': '1' },
  ])('a cookie with %o is refused', headers => {
    expect(() => refreshTokenOf({ headers: { ...cookie, ...headers }, body: {} }, allowed)).toThrow(csrf)
  })

  test('a cookie whose name only ends or begins alike is none', () => {
    const headers = { cookie: 'x__Secure-refresh=a; __Secure-refreshed=b; __Secure-refresh=' }
    expect(refreshTokenOf({ headers, body: undefined }, allowed)).toBeUndefined()
  })
})

test('the cookie is out of reach for scripts, other sites and other paths', () => {
  expect(refreshCookie('t', 60)).toBe(
    '__Secure-refresh=t; Max-Age=60; Path=/api/auth; HttpOnly; Secure; SameSite=Strict',
  )
  expect(noRefreshCookie).toMatch(/^__Secure-refresh=; Max-Age=0; Path=\/api\/auth; /)
})

test('whoever sends an Origin is a browser', () => {
  expect(isBrowser({ origin: 'null' })).toBe(true)
  expect(isBrowser({})).toBe(false)
})
