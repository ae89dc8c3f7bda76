import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dayMs, type IdentityUnderTest, identityUnderTest, someone } from './identity-under-test.ts'

let identity: IdentityUnderTest
beforeAll(async () => {
  identity = await identityUnderTest()
})
afterAll(() => identity.stop())

const register = (body: unknown, options: { key?: string; ip?: string } = {}) =>
  identity.call('POST', '/api/auth/register', {
    body,
    // Each test has a network of its own, so that refusals of one do not count in another.
    ip: options.ip ?? newAddress(),
    headers: options.key ? { 'idempotency-key': options.key } : {},
  })

let addresses = 0
const newAddress = () => `10.1.${addresses >> 8}.${addresses++ & 255}`
const usersWith = (email: string) =>
  identity.database.query('SELECT id FROM users WHERE email_key = lower($1)', [email])
const refresh = (refreshToken: string) =>
  identity.call('POST', '/api/auth/refresh', { body: { refreshToken } })

describe('registration', () => {
  test('gives an account, a session and every token, and keeps the address as typed', async () => {
    const body = someone({
      email: '  Ada.Lovelace+walks@Example.ORG ',
      fullName: 'Ada 🚶',
      gender: 'female',
    })
    const { status, headers, body: answer } = await register(body)
    expect(status).toBe(201)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(answer).toMatchObject({
      expiresIn: 600,
      user: {
        email: 'Ada.Lovelace+walks@Example.ORG',
        username: body.username,
        fullName: 'Ada 🚶',
        gender: 'female',
        birthDate: '1990-05-17',
        roles: ['walker'],
        verificationLevel: 'none',
      },
    })
    for (const token of ['accessToken', 'refreshToken', 'safetyToken', 'deviceToken'] as const)
      expect(answer[token]).toEqual(expect.any(String))
    expect((await identity.call('GET', '/api/users/me', { token: answer.accessToken })).body).toEqual(
      answer.user,
    )
  })

  test('is for people of 18 and older, and stores nothing of others', async () => {
    const born = (ms: number) => new Date(Date.now() - ms).toISOString().slice(0, 10)
    const child = someone({ birthDate: born(17 * 365.25 * dayMs) })
    expect(await register(child, { key: randomUUID() })).toMatchObject({
      status: 403,
      body: { code: 'too-young' },
    })
    expect(await usersWith(child.email)).toEqual([])
    expect(
      await identity.database.query('SELECT 1 FROM mechanism.idempotency WHERE outcome IS NULL'),
    ).toEqual([])
    for (const birthDate of [born(-2 * dayMs), '1890-01-01', '2001-02-29', '17.05.1990'])
      expect((await register(someone({ birthDate }))).status).toBe(400)
    expect((await register(someone({ birthDate: born(18.1 * 365.25 * dayMs) }))).status).toBe(201)
  })

  test.each([
    { id: randomUUID() },
    { roles: ['admin'] },
    { role: 'admin' },
    { verificationLevel: 'email' },
    { suspended: false },
    { createdAt: '2020-01-01T00:00:00Z' },
    { __proto__x: {} },
  ])('refuses a field that is none of the caller’s: %o', async extra => {
    const answer = await register(someone(extra))
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', errors: [{ path: `body.${Object.keys(extra)[0]}` }] },
    })
  })

  test('a prototype sent as JSON makes nobody an admin', async () => {
    const sent = JSON.stringify(someone()).replace('{', '{"__proto__":{"roles":["admin"]},"constructor":{},')
    expect((await register(sent)).status).toBe(400)
  })

  test('an address is taken whatever its case, a name whatever its case and form', async () => {
    const name = `Gr\u00fcn${Date.now().toString(36)}`
    const first = someone({ username: name })
    expect((await register(first)).status).toBe(201)
    for (const email of [first.email.toUpperCase(), ` ${first.email} `])
      expect(await register(someone({ email }))).toMatchObject({ status: 409, body: { code: 'email-taken' } })
    const fullWidth = name.replace('Gr', '\uff27\uff32')
    for (const username of [name.toUpperCase(), fullWidth])
      expect(await register(someone({ username }))).toMatchObject({
        status: 409,
        body: { code: 'username-taken' },
      })
  })

  test.each([
    ['a homoglyph address', { email: 'аda@example.org' }],
    ['a NUL in the address', { email: 'ada\u0000@example.org' }],
    ['a NUL in the name', { username: 'ada\u0000eve' }],
    ['a NUL in the full name', { fullName: 'ada\u0000eve' }],
    ['a broken surrogate', { fullName: 'ada\ud800' }],
    ['mixed alphabets in the name', { username: 'pаul.walks' }],
    ['a control character in the name', { username: 'ada\u202eeve' }],
    ['SQL in the name', { username: "x'; DROP TABLE users;--" }],
    ['an array for a text', { username: ['ada'] }],
    ['an object for a password', { password: { $ne: null } }],
    ['a short password', { password: 'short' }],
    ['a password of 257 characters', { password: 'p'.repeat(257) }],
  ])('refuses %s', async (_what, fault) => {
    const answer = await register(someone(fault))
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
  })

  test('takes what only looks dangerous, as it is', async () => {
    const fullName = `'); DELETE FROM users; -- \\x00 {"$gt":""} <script> %00 ${'é'.normalize('NFD')}`
    const password = `\u0000\n'" 🔑${'p'.repeat(245)}`
    const body = someone({ fullName, password })
    expect((await register(body)).body).toMatchObject({ user: { fullName } })
    const login = (attempt: string) =>
      identity.call('POST', '/api/auth/login', { body: { email: body.email, password: attempt } })
    expect((await login(password)).status).toBe(200)
    expect((await login(password.replace('\u0000', ''))).status).toBe(401)
    expect((await login(password.slice(0, -1))).status).toBe(401)
  })

  test('of one address raced by 20 makes one account', async () => {
    const email = someone().email
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(someone({ email }))))
    expect(answers.filter(answer => answer.status === 201)).toHaveLength(1)
    expect(answers.filter(answer => answer.body.code === 'email-taken')).toHaveLength(19)
    expect(await usersWith(email)).toHaveLength(1)
  })

  test('of one name raced by 20 makes one account', async () => {
    const { username } = someone()
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(someone({ username }))))
    expect(answers.map(answer => answer.status).sort()).toEqual([201, ...Array(19).fill(409)])
  })
})

describe('a repeated registration', () => {
  test('sent 50 times at once makes one account and one session, whose refresh token all get', async () => {
    const body = someone()
    const key = randomUUID()
    const ip = newAddress()
    const answers = await Promise.all(Array.from({ length: 50 }, () => register(body, { key, ip })))
    expect(answers.map(answer => answer.status)).toEqual(Array(50).fill(201))
    expect(new Set(answers.map(answer => answer.body.user.id)).size).toBe(1)
    expect(new Set(answers.map(answer => answer.body.refreshToken)).size).toBe(1)
    const [user] = await usersWith(body.email)
    expect(
      await identity.database.query('SELECT 1 FROM sessions WHERE user_id = $1', [user!.id]),
    ).toHaveLength(1)
    for (const { body } of answers.slice(0, 3))
      expect((await identity.call('GET', '/api/users/me', { token: body.accessToken })).status).toBe(200)
  })

  test('after its answer was lost goes on as if it had come: once through another instance', async () => {
    const other = await identity.startAnother()
    try {
      const body = someone()
      const headers = { 'idempotency-key': randomUUID() }
      const first = await identity.call('POST', '/api/auth/register', { body, headers })
      const again = await identity.call('POST', '/api/auth/register', { body, headers, url: other.url })
      expect(again.status).toBe(201)
      expect(again.body).toEqual({
        ...first.body,
        accessToken: again.body.accessToken,
        safetyToken: expect.anything(),
      })
    } finally {
      await other.process.stop()
    }
  })

  test('keeps nothing secret and no personal data', async () => {
    const body = someone({ fullName: 'Grace Hopper' })
    const answer = await register(body, { key: randomUUID() })
    const stored = JSON.stringify(await identity.database.query('SELECT * FROM mechanism.idempotency'))
    for (const secret of [
      body.email,
      body.password,
      body.username,
      'Grace',
      answer.body.refreshToken.split('.')[2]!,
      answer.body.accessToken,
    ])
      expect(stored).not.toContain(secret)
  })

  test('with another body, or another password, is refused', async () => {
    const body = someone()
    const key = randomUUID()
    await register(body, { key })
    for (const change of [
      { username: someone().username },
      { fullName: 'x' },
      { password: 'another password' },
    ])
      expect(await register({ ...body, ...change }, { key })).toMatchObject({
        status: 409,
        body: { code: 'idempotency-key-reused' },
      })
  })

  test('is no way around the throttle of passwords', async () => {
    const body = someone()
    const key = randomUUID()
    await register(body, { key })
    const statuses: number[] = []
    const ip = newAddress()
    for (let i = 0; i < 5; i++)
      statuses.push((await register({ ...body, password: `guess number ${i}` }, { key, ip })).status)
    expect(statuses).toEqual([409, 409, 409, 409, 409])
    const login = { email: body.email, password: body.password }
    expect((await identity.call('POST', '/api/auth/login', { body: login, ip })).status).toBe(429)
  })

  test('after the session moved on gives the token that is now the newest: using it ends nothing', async () => {
    const body = someone()
    const key = randomUUID()
    const first = await register(body, { key })
    const renewed = await refresh(first.body.refreshToken)
    const again = await register(body, { key })
    expect(again.body.refreshToken).toBe(renewed.body.refreshToken)
    expect((await refresh(again.body.refreshToken)).status).toBe(200)
  })

  test('after the end of its session opens nothing', async () => {
    const body = someone()
    const key = randomUUID()
    const first = await register(body, { key })
    await identity.call('POST', '/api/auth/logout', { body: { refreshToken: first.body.refreshToken } })
    expect(await register(body, { key })).toMatchObject({ status: 401, body: { code: 'session-ended' } })
  })

  test('of a refusal is refused the same way, also when the address has come free', async () => {
    const taken = someone()
    await register(taken)
    const body = someone({ email: taken.email })
    const key = randomUUID()
    expect((await register(body, { key })).body.code).toBe('email-taken')
    await identity.database.query('DELETE FROM users WHERE email = $1', [taken.email])
    expect((await register(body, { key })).body.code).toBe('email-taken')
    expect((await register(body, { key: randomUUID() })).status).toBe(201)
  })
})

describe('what registration tells of addresses', () => {
  test('is five answers an hour for a network, then nothing at all, also not of free addresses', async () => {
    const known = await identity.register()
    const network = (host: number) => `2001:db8:7:7::${host.toString(16)}`
    const probes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => register(someone({ email: known.email }), { ip: network(i) })),
    )
    expect(probes.filter(answer => answer.body.code === 'email-taken')).toHaveLength(5)
    expect(probes.filter(answer => answer.status === 429)).toHaveLength(25)

    const taken = await register(someone({ email: known.email }), { ip: network(77) })
    const free = await register(someone(), { ip: network(78) })
    expect(free.status).toBe(429)
    expect(Number(free.headers.get('retry-after'))).toBeGreaterThan(3_500)
    const shown = ({ body, headers }: typeof free) => ({
      body: { ...body, requestId: '' },
      headers: [...headers.keys()],
    })
    expect(shown(taken)).toEqual(shown(free))

    expect((await register(someone(), { ip: '2001:db8:7:8::1' })).status).toBe(201)
    identity.moveOn(3_600_001)
    expect((await register(someone(), { ip: network(78) })).status).toBe(201)
  })

  test('counts names and reused keys as well', async () => {
    const known = someone()
    const key = randomUUID()
    await register(known, { key })
    const ip = newAddress()
    for (const probe of [
      someone({ username: known.username }),
      someone({ username: known.username }),
      someone({ email: known.email }),
    ])
      expect((await register(probe, { ip })).status).toBe(409)
    for (let i = 0; i < 2; i++)
      expect((await register({ ...known, fullName: 'guess' }, { key, ip })).status).toBe(409)
    expect((await register(someone(), { ip })).status).toBe(429)
  })
})
