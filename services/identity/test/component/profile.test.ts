import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dayMs, type IdentityUnderTest, identityUnderTest, newId, someone } from './identity-under-test.ts'

let identity: IdentityUnderTest
beforeAll(async () => {
  identity = await identityUnderTest()
})
afterAll(() => identity.stop())

const get = (token: string, path = '/api/users/me') => identity.call('GET', path, { token })
const put = (token: string, body: unknown, options: { path?: string; ifMatch?: string } = {}) =>
  identity.call('PUT', options.path ?? '/api/users/me', {
    token,
    body,
    headers: options.ifMatch ? { 'if-match': options.ifMatch } : {},
  })
const preferences = '/api/users/preferences'

describe('one’s own profile', () => {
  test('merges: absent is unchanged, null clears; what was read may be sent back', async () => {
    const { accessToken } = await identity.register({ fullName: 'Ada Lovelace' })
    const changed = await put(accessToken, { bio: 'I like hills.\n', gender: 'female' })
    expect(changed).toMatchObject({
      status: 200,
      body: { fullName: 'Ada Lovelace', bio: 'I like hills.\n', gender: 'female' },
    })
    expect(changed.headers.get('cache-control')).toBe('private, no-store')
    expect((await put(accessToken, { fullName: null })).body).toMatchObject({
      fullName: null,
      gender: 'female',
    })

    const read = await get(accessToken)
    const again = await put(accessToken, read.body)
    expect(again.status).toBe(200)
    expect(again.text).toBe(read.text)
    expect(again.headers.get('etag')).toBe(read.headers.get('etag'))
  })

  test('refuses read-only fields that differ, all by name, and changes nothing', async () => {
    const { accessToken } = await identity.register()
    const before = await get(accessToken)
    const attempt = {
      bio: 'x',
      id: newId(),
      email: 'eve@example.org',
      roles: ['walker', 'admin'],
      verificationLevel: 'email',
    }
    expect(await put(accessToken, attempt)).toMatchObject({
      status: 400,
      body: {
        code: 'read-only',
        errors: ['id', 'email', 'verificationLevel', 'roles'].map(name => ({ path: `body.${name}` })),
      },
    })
    for (const unknown of [{ suspended: true }, { version: 7 }, { password: 'x' }, { passwordHash: 'x' }])
      expect((await put(accessToken, unknown)).status).toBe(400)
    expect((await get(accessToken)).text).toBe(before.text)
  })

  test('changes only from the version that was read, where the client says so', async () => {
    const { accessToken } = await identity.register()
    const etag = (await get(accessToken)).headers.get('etag')!
    const first = await put(accessToken, { bio: 'one' }, { ifMatch: etag })
    expect(first.status).toBe(200)
    expect(await put(accessToken, { bio: 'two' }, { ifMatch: etag })).toMatchObject({
      status: 412,
      body: { code: 'version-mismatch' },
    })
    expect((await put(accessToken, { bio: 'two' }, { ifMatch: first.headers.get('etag')! })).status).toBe(200)
    expect((await put(accessToken, { bio: 'three' }, { ifMatch: '*' })).status).toBe(200)
  })

  test('raced by 20 changes from one version is won by one', async () => {
    const { accessToken } = await identity.register()
    const etag = (await get(accessToken)).headers.get('etag')!
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => put(accessToken, { bio: `bio ${i}` }, { ifMatch: etag })),
    )
    expect(answers.map(answer => answer.status).sort()).toEqual([200, ...Array(19).fill(412)])
  })

  test('lets the birth date be set once and the gender change once in 90 days', async () => {
    const { accessToken, email, password } = await identity.register({ gender: 'male' })
    expect(await put(accessToken, { birthDate: '1991-01-01' })).toMatchObject({
      status: 409,
      body: { code: 'birth-date-set' },
    })
    expect((await put(accessToken, { gender: 'other' })).status).toBe(200)
    expect(await put(accessToken, { gender: 'female' })).toMatchObject({
      status: 409,
      body: { code: 'gender-changed-recently' },
    })
    identity.moveOn(90 * dayMs)
    const login = await identity.call('POST', '/api/auth/login', { body: { email, password } })
    expect((await put(login.body.accessToken, { gender: 'female' })).status).toBe(200)
  })

  test('lets a name be taken by one of 10 who want it at once', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => identity.register()))
    const { username } = someone()
    const answers = await Promise.all(
      people.map(({ accessToken }, i) =>
        put(accessToken, { username: i % 2 ? username : username.toUpperCase() }),
      ),
    )
    expect(answers.map(answer => answer.status).sort()).toEqual([200, ...Array(9).fill(409)])
    expect(answers.find(answer => answer.status === 409)!.body.code).toBe('username-taken')
  })

  test.each([
    { username: 'a' },
    { username: 'pаul' },
    { bio: 'x'.repeat(501) },
    { bio: 'a\u0000b' },
    { fullName: '\ud800' },
    { gender: 'FEMALE' },
    { gender: ['female'] },
    [],
    'text',
    null,
  ])('refuses %o', async body => {
    const { accessToken } = await identity.register()
    expect(await put(accessToken, JSON.stringify(body))).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    })
  })

  test('takes 500 characters of any script', async () => {
    const { accessToken } = await identity.register()
    const bio = '🚶'.repeat(500)
    expect((await put(accessToken, { bio })).body).toMatchObject({ bio })
  })
})

describe('one’s own preferences', () => {
  test('begin as promised: found by nobody, wanting anyone', async () => {
    const { accessToken } = await identity.register()
    expect((await get(accessToken, preferences)).body).toEqual({
      searchRadiusMeters: 2_000,
      preferredPace: 'any',
      ageRangeMin: 18,
      ageRangeMax: 120,
      genderPreference: 'any',
      isLocationEnabled: false,
      readReceipts: true,
      personalisedAds: false,
    })
  })

  test('merge, and null restores the default', async () => {
    const { accessToken } = await identity.register()
    const body = { searchRadiusMeters: 500, preferredPace: 'brisk', ageRangeMin: 30, isLocationEnabled: true }
    expect((await put(accessToken, body, { path: preferences })).body).toMatchObject(body)
    expect((await put(accessToken, { searchRadiusMeters: null }, { path: preferences })).body).toMatchObject({
      ...body,
      searchRadiusMeters: 2_000,
    })
  })

  test('hold the youngest age below the oldest, also where one of them was set before', async () => {
    const { accessToken } = await identity.register()
    await put(accessToken, { ageRangeMax: 40 }, { path: preferences })
    expect(await put(accessToken, { ageRangeMin: 41 }, { path: preferences })).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', errors: [{ path: 'body.ageRangeMin' }] },
    })
  })

  test('share the version of the account', async () => {
    const { accessToken } = await identity.register()
    const etag = (await get(accessToken, preferences)).headers.get('etag')!
    expect((await get(accessToken)).headers.get('etag')).toBe(etag)
    await put(accessToken, { bio: 'x' })
    expect(
      (await put(accessToken, { readReceipts: false }, { path: preferences, ifMatch: etag })).status,
    ).toBe(412)
  })

  test('changed by 10 requests at once keep every change', async () => {
    const { accessToken } = await identity.register()
    const changes = [
      { searchRadiusMeters: 700 },
      { preferredPace: 'slow' },
      { ageRangeMin: 25 },
      { ageRangeMax: 60 },
      { genderPreference: 'female' },
      { isLocationEnabled: true },
      { readReceipts: false },
      { personalisedAds: true },
    ]
    await Promise.all(changes.map(change => put(accessToken, change, { path: preferences })))
    expect((await get(accessToken, preferences)).body).toEqual(Object.assign({}, ...changes))
  })

  test.each([
    { searchRadiusMeters: 199 },
    { searchRadiusMeters: 20_001 },
    { searchRadiusMeters: 500.5 },
    { ageRangeMin: 17 },
    { preferredPace: 'fast' },
    { isLocationEnabled: 'true' },
    { locationConsentVersion: 9 },
  ])('refuse %o', async body => {
    const { accessToken } = await identity.register()
    expect((await put(accessToken, body, { path: preferences })).status).toBe(400)
  })
})
