import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, dayMs, type IdentityUnderTest, identityUnderTest } from './identity-under-test.ts'

let identity: IdentityUnderTest
beforeAll(async () => {
  identity = await identityUnderTest()
})
afterAll(() => identity.stop())

const refresh = (refreshToken: string, options: { url?: string } = {}) =>
  identity.call('POST', '/api/auth/refresh', { body: { refreshToken }, ...options })
const logout = (refreshToken: string) => identity.call('POST', '/api/auth/logout', { body: { refreshToken } })
const me = (token: string) => identity.call('GET', '/api/users/me', { token })
const endOf = async (refreshToken: string) => {
  const [row] = await identity.database.query('SELECT end_reason FROM sessions WHERE id = $1', [
    refreshToken.split('.')[0],
  ])
  return row?.end_reason as string | null
}
const refused = (code: string) => ({ status: 401, body: { code } })

describe('refresh', () => {
  test('gives new tokens of the same session', async () => {
    const person = await identity.register()
    const { status, headers, body } = await refresh(person.refreshToken)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken', 'safetyToken'])
    expect(body.refreshToken).not.toBe(person.refreshToken)
    expect(body.refreshToken.split('.')[0]).toBe(person.refreshToken.split('.')[0])
    expect((await me(body.accessToken)).status).toBe(200)
  })

  test('after a lost answer gives another successor in place of the lost one', async () => {
    const { refreshToken } = await identity.register()
    const lost = await refresh(refreshToken)
    const second = await refresh(refreshToken)
    expect(second.status).toBe(200)
    expect(second.body.refreshToken).not.toBe(lost.body.refreshToken)
    expect((await refresh(second.body.refreshToken)).status).toBe(200)
  })

  test('with the token that was replaced ends the session, for then two hold it', async () => {
    const person = await identity.register()
    const stolen = await refresh(person.refreshToken)
    const owners = await refresh(person.refreshToken)
    expect(await refresh(stolen.body.refreshToken)).toMatchObject(refused('invalid-refresh-token'))
    expect(await endOf(person.refreshToken)).toBe('token-reused')
    expect(await refresh(owners.body.refreshToken)).toMatchObject(refused('invalid-refresh-token'))
    for (const { accessToken } of [person, stolen.body, owners.body])
      expect(await me(accessToken)).toMatchObject(refused('session-ended'))
  })

  test('with a token whose successor was used ends the session', async () => {
    const { refreshToken } = await identity.register()
    const second = await refresh(refreshToken)
    const third = await refresh(second.body.refreshToken)
    expect(await refresh(refreshToken)).toMatchObject(refused('invalid-refresh-token'))
    expect(await refresh(third.body.refreshToken)).toMatchObject(refused('invalid-refresh-token'))
    expect(await endOf(refreshToken)).toBe('token-reused')
    expect(identity.process.lines().some(line => line.includes('refresh token used twice'))).toBe(true)
    expect(identity.process.lines().join()).not.toContain(refreshToken)
  })

  test('sent 20 times at once, through two instances, succeeds each time, and one of the answers stays good', async () => {
    const other = await identity.startAnother()
    try {
      const { refreshToken } = await identity.register()
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => refresh(refreshToken, i % 2 ? { url: other.url } : {})),
      )
      expect(answers.map(answer => answer.status)).toEqual(Array(20).fill(200))
      const serialOf = (answer: Answer) => Number(answer.body.refreshToken.split('.')[1])
      expect(answers.map(serialOf).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2))
      const newest = answers.find(answer => serialOf(answer) === 21)!
      expect((await refresh(newest.body.refreshToken)).status).toBe(200)
      const replaced = answers.find(answer => serialOf(answer) === 20)!
      expect((await refresh(replaced.body.refreshToken)).status).toBe(401)
    } finally {
      await other.process.stop()
    }
  })

  test('of a token and its successor at once ends the session, whichever comes first', async () => {
    for (let i = 0; i < 10; i++) {
      const { refreshToken } = await identity.register()
      const second = (await refresh(refreshToken)).body.refreshToken
      const [newest, predecessor] = await Promise.all([refresh(second), refresh(refreshToken)])
      // The predecessor first replaces the newest, which then is one that was replaced; the newest first uses the
      // predecessor up. Either way one token was presented too late, and the family ends.
      expect([newest.status, predecessor.status].sort()).toEqual([200, 401])
      expect(await endOf(refreshToken)).toBe('token-reused')
    }
  })

  test('with a forged or foreign token is refused and ends nothing', async () => {
    const person = await identity.register()
    const [sessionId, serial, mac] = person.refreshToken.split('.') as [string, string, string]
    const forged = createHmac('sha256', 'guess').update(`${sessionId}.${serial}`).digest('base64url')
    const flipped = mac.replace(/^./, first => (first === 'A' ? 'B' : 'A'))
    for (const token of [
      `${sessionId}.${serial}.${forged}`,
      `${sessionId}.${serial}.${flipped}`,
      `${sessionId}.99.${mac}`,
      `${sessionId}.0${serial}.${mac}`,
      `${sessionId.toUpperCase()}.${serial}.${mac}`,
      `${person.refreshToken}.`,
      `${sessionId}.${serial}.`,
      person.accessToken.slice(0, 512),
      person.deviceToken,
      "' OR 1=1 --",
      '\u0000',
    ])
      expect(await refresh(token)).toMatchObject(refused('invalid-refresh-token'))
    expect(await endOf(person.refreshToken)).toBeNull()
    expect((await refresh(person.refreshToken)).status).toBe(200)
  })

  test('takes tokens as long as they are used once in 90 days', async () => {
    const person = await identity.register()
    identity.moveOn(89 * dayMs)
    const renewed = await refresh(person.refreshToken)
    expect(renewed.status).toBe(200)
    identity.moveOn(89 * dayMs)
    expect((await me(renewed.body.accessToken)).status).toBe(401)
    const again = await refresh(renewed.body.refreshToken)
    expect(again.status).toBe(200)
    identity.moveOn(91 * dayMs)
    expect(await refresh(again.body.refreshToken)).toMatchObject(refused('invalid-refresh-token'))
  })

  test('takes the predecessor for a day only', async () => {
    const { refreshToken } = await identity.register()
    await refresh(refreshToken)
    identity.moveOn(dayMs + 60_000)
    expect((await refresh(refreshToken)).status).toBe(401)
    expect(await endOf(refreshToken)).toBe('token-reused')
  })

  test('without a token, or with a body of another shape, is refused', async () => {
    expect(await identity.call('POST', '/api/auth/refresh')).toMatchObject(refused('invalid-refresh-token'))
    expect((await identity.call('POST', '/api/auth/refresh', { body: { refreshToken: 7 } })).status).toBe(400)
    expect((await identity.call('POST', '/api/auth/refresh', { body: { token: 'x' } })).status).toBe(400)
  })
})

describe('logout', () => {
  test('ends the session at once, and again and for tokens of nobody says the same', async () => {
    const person = await identity.register()
    expect((await logout(person.refreshToken)).status).toBe(204)
    expect(await me(person.accessToken)).toMatchObject(refused('session-ended'))
    expect(await refresh(person.refreshToken)).toMatchObject(refused('invalid-refresh-token'))
    expect((await logout(person.refreshToken)).status).toBe(204)
    expect((await logout('nobody’s')).status).toBe(204)
    expect((await identity.call('POST', '/api/auth/logout')).status).toBe(204)
    expect(await endOf(person.refreshToken)).toBe('logout')
  })

  test('ends one session, not the others of the same person', async () => {
    const person = await identity.register()
    const second = await identity.call('POST', '/api/auth/login', {
      body: { email: person.email, password: person.password },
    })
    await logout(person.refreshToken)
    expect((await me(second.body.accessToken)).status).toBe(200)
    expect((await refresh(second.body.refreshToken)).status).toBe(200)
  })

  test('racing a refresh leaves no session behind', async () => {
    for (let i = 0; i < 10; i++) {
      const { refreshToken } = await identity.register()
      const [renewed] = await Promise.all([refresh(refreshToken), logout(refreshToken)])
      if (renewed.status === 200) expect((await me(renewed.body.accessToken)).status).toBe(401)
      expect(await endOf(refreshToken)).toBe('logout')
    }
  })

  test('works with any version of the app', async () => {
    const person = await identity.register()
    const headers = { 'x-client': 'ios/0.0.0' }
    const { refreshToken } = person
    expect(
      (await identity.call('POST', '/api/auth/logout', { body: { refreshToken }, headers })).status,
    ).toBe(204)
  })
})

describe('a browser', () => {
  const origin = 'https://app.example.org'
  const browser = { origin, 'x-csrf': '1' }
  const cookieOf = (answer: Answer) => answer.headers.get('set-cookie')!.split(';')[0]!

  test('gets its refresh token only as a cookie, at each of the three ways to get one', async () => {
    const person = await identity.register()
    const body = { email: person.email, password: person.password }
    const login = await identity.call('POST', '/api/auth/login', { body, headers: { origin } })
    expect(login.status).toBe(200)
    expect(login.body).not.toHaveProperty('refreshToken')
    expect(login.headers.get('set-cookie')).toMatch(
      /^__Secure-refresh=[\w.-]+; Max-Age=7776000; Path=\/api\/auth; HttpOnly; Secure; SameSite=Strict$/,
    )
    const renewed = await identity.call('POST', '/api/auth/refresh', {
      headers: { ...browser, cookie: cookieOf(login) },
    })
    expect(renewed.status).toBe(200)
    expect(renewed.text).not.toContain(cookieOf(renewed).split('=')[1])
    expect(cookieOf(renewed)).not.toBe(cookieOf(login))

    const { body: registered } = await identity.call('POST', '/api/auth/register', {
      body: {
        email: `b-${Date.now()}@example.org`,
        password: 'long enough',
        username: `b${Date.now()}`,
        birthDate: '1990-01-01',
      },
      headers: { origin },
    })
    expect(registered).not.toHaveProperty('refreshToken')
  })

  test('must be on an allowed page and say X-CSRF, to refresh and to log out', async () => {
    const person = await identity.register()
    const cookie = `__Secure-refresh=${person.refreshToken}`
    for (const path of ['/api/auth/refresh', '/api/auth/logout'])
      for (const headers of [
        { cookie },
        { cookie, origin },
        { ...browser, cookie, origin: 'https://evil.example' },
      ])
        expect(await identity.call('POST', path, { headers })).toMatchObject({
          status: 403,
          body: { code: 'csrf' },
        })
    expect(await endOf(person.refreshToken)).toBeNull()

    const out = await identity.call('POST', '/api/auth/logout', { headers: { ...browser, cookie } })
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toMatch(/^__Secure-refresh=; Max-Age=0;/)
    expect(await endOf(person.refreshToken)).toBe('logout')
  })
})
