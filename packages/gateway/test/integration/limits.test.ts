import { describe, expect, test } from 'vitest'
import { gatewayUnderTest, issuer, userId } from '../gateway-under-test.ts'

/** A clock at the start of an hour, so that no window ends while a test counts. */
function stillClock() {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const clock = { ms: start, now: () => clock.ms }
  return clock
}

const someoneElse = '0198f1a2-3b4c-7d5e-8f60-bbbbbbbbbbbb'
const valid = (clock: { ms: number }, sub = userId) => ({ sub, nbf: 0, exp: clock.ms / 1_000 + 7_200 })

describe('rate limits', () => {
  test('each answer says what is left, and the refusal when to come back', async () => {
    const clock = stillClock()
    const { call, issuer } = await gatewayUnderTest({ clock })
    const token = issuer.token(valid(clock))
    const first = await call('POST', '/api/walks/request', { token })
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'ratelimit-limit': '30',
      'ratelimit-remaining': '29',
      'ratelimit-reset': '60',
      'x-ratelimit-limit-minute': '30',
      'x-ratelimit-remaining-minute': '29',
    })

    for (let i = 0; i < 29; i++)
      expect((await call('POST', '/api/walks/request', { token })).status).toBe(200)
    clock.ms += 20_000
    const refused = await call('POST', '/api/walks/request', { token })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '40',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '40',
    })
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate-limited' })

    clock.ms += 40_000
    expect((await call('POST', '/api/walks/request', { token })).status).toBe(200)
  })

  test('one person using up a limit takes nothing from another, nor from their own other calls', async () => {
    const clock = stillClock()
    const { call, issuer } = await gatewayUnderTest({ clock })
    for (let i = 0; i < 31; i++)
      await call('POST', '/api/walks/request', { token: issuer.token(valid(clock)) })
    expect((await call('POST', '/api/walks/request', { token: issuer.token(valid(clock)) })).status).toBe(429)
    expect(
      (await call('POST', '/api/walks/request', { token: issuer.token(valid(clock, someoneElse)) })).status,
    ).toBe(200)
    const read = await call('GET', '/api/users/me', { token: issuer.token(valid(clock)) })
    expect(read.headers.get('ratelimit-remaining')).toBe('299')
  })

  test('forged tokens take nothing from the person that they name', async () => {
    const clock = stillClock()
    const { call, issuer: own } = await gatewayUnderTest({ clock })
    const forger = issuer()
    for (let i = 0; i < 40; i++)
      expect((await call('POST', '/api/walks/request', { token: forger.token(valid(clock)) })).status).toBe(
        401,
      )
    const answer = await call('POST', '/api/walks/request', { token: own.token(valid(clock)) })
    expect(answer.headers.get('ratelimit-remaining')).toBe('29')
  })

  test('without a token the address counts, whatever key the client names', async () => {
    const clock = stillClock()
    const { url } = await gatewayUnderTest({ clock })
    const register = (key: string) =>
      fetch(`${url}/api/auth/register`, { method: 'POST', headers: { 'x-limit-key': key } })
    for (let i = 0; i < 30; i++) expect((await register(`a:10.0.0.${i}`)).status).toBe(200)
    expect((await register('a:10.1.0.0')).status).toBe(429)
  })

  test('of two windows the tighter one is told, and the longer one still holds when the shorter has passed', async () => {
    const clock = stillClock()
    const { url } = await gatewayUnderTest({ clock })
    const register = () => fetch(`${url}/api/auth/register`, { method: 'POST' })
    for (let minute = 0; minute < 10; minute++) {
      for (let i = 0; i < 30; i++) expect((await register()).status).toBe(200)
      expect((await register()).headers.get('ratelimit-limit')).toBe(minute < 9 ? '30' : '300')
      clock.ms += 60_000
    }
    const refused = await register()
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('3000')
  })

  test('counters live on when the file is read again', async () => {
    const clock = stillClock()
    const { call, gateway, issuer } = await gatewayUnderTest({ clock })
    const token = issuer.token(valid(clock))
    await call('POST', '/api/walks/request', { token })
    await gateway.reload()
    expect((await call('POST', '/api/walks/request', { token })).headers.get('ratelimit-remaining')).toBe(
      '28',
    )
  })

  test('a scale multiplies them all, for demonstrations', async () => {
    const { url } = await gatewayUnderTest({ limits: { scale: 50 } })
    const answer = await fetch(`${url}/api/auth/register`, { method: 'POST' })
    expect(answer.headers.get('x-ratelimit-limit-minute')).toBe('1500')
    expect(answer.headers.get('x-ratelimit-limit-hour')).toBe('15000')
  })
})
