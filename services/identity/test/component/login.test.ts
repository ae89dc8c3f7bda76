import { parseOptions } from '@node-rs/argon2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  dayMs,
  type IdentityUnderTest,
  identityUnderTest,
  type Person,
  someone,
} from './identity-under-test.ts'

let identity: IdentityUnderTest
beforeAll(async () => {
  identity = await identityUnderTest()
})
afterAll(() => identity.stop())

let addresses = 0
const newAddress = () => `10.2.${addresses >> 8}.${addresses++ & 255}`

const login = (
  email: string,
  password: string,
  options: { ip?: string; deviceToken?: string; url?: string } = {},
) =>
  identity.call('POST', '/api/auth/login', {
    body: { email, password },
    ip: options.ip ?? newAddress(),
    ...(options.url ? { url: options.url } : {}),
    headers: options.deviceToken ? { 'x-device-token': options.deviceToken } : {},
  })

/** Guesses until refused for now, from one address. */
async function lockOut(
  email: string,
  ip: string,
  options: { deviceToken?: string; url?: string } = {},
): Promise<number> {
  for (let guesses = 0; guesses < 20; guesses++)
    if ((await login(email, `guess ${guesses}`, { ip, ...options })).status === 429) return guesses
  throw new Error('never locked out')
}

describe('login', () => {
  test('takes the address in any spelling of it, and answers as registration does', async () => {
    const person = await identity.register()
    for (const email of [person.email, ` ${person.email.toUpperCase()} `]) {
      const answer = await login(email, person.password)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(Object.keys(answer.body).sort()).toEqual([
        'accessToken',
        'deviceToken',
        'expiresIn',
        'refreshToken',
        'safetyToken',
        'user',
      ])
    }
  })

  test('takes a password however a keyboard composes it, and no other', async () => {
    const person = await identity.register({ password: 'Gr\u00fc\u00dfe an \uff21da' })
    expect((await login(person.email, 'Gru\u0308\u00dfe an Ada')).status).toBe(200)
    expect((await login(person.email, 'Gr\u00fcsse an Ada')).status).toBe(401)
    expect((await login(person.email, 'gr\u00fc\u00dfe an Ada')).status).toBe(401)
  })

  test.each([
    ['nobody’s', someone().email],
    ['empty', ''],
    ['no address at all', "' OR ''='"],
    ['a look-alike', 'аda@example.org'],
  ])('with an address that is %s is refused like a wrong password', async (_what, email) => {
    expect(await login(email, 'whatever')).toMatchObject({
      status: 401,
      body: { code: 'invalid-credentials' },
    })
  })

  test('refuses what no address can hold before looking for it', async () => {
    expect((await login('a\u0000@example.org', 'x')).status).toBe(400)
    expect((await login(`${'a'.repeat(250)}@example.org`, 'x')).status).toBe(400)
    expect((await login('ada@example.org', 'p'.repeat(257))).status).toBe(400)
    expect(
      (
        await identity.call('POST', '/api/auth/login', {
          body: { email: { $gt: '' }, password: { $gt: '' } },
        })
      ).status,
    ).toBe(400)
  })

  test('of a suspended account tells so to who knows the password, and to nobody else', async () => {
    const person = await identity.register()
    const { client, stop } = await identity.asService('mesh')
    await client.suspendUser({ userId: person.id })
    await stop()
    expect(await login(person.email, person.password)).toMatchObject({
      status: 403,
      body: { code: 'suspended' },
    })
    expect(await login(person.email, 'wrong')).toMatchObject({
      status: 401,
      body: { code: 'invalid-credentials' },
    })
    expect(
      await identity.database.query('SELECT 1 FROM sessions WHERE user_id = $1 AND ended_at IS NULL', [
        person.id,
      ]),
    ).toEqual([])
  })

  test('makes the hash anew when the parameters have been raised, once', async () => {
    const person = await identity.register()
    const { passwords } = identity.config
    const raised = await identity.startAnother({
      passwords: { ...passwords, cost: { memoryKib: 128, passes: 2, lanes: 1 } },
    })
    const hashOf = async () => {
      const [row] = await identity.database.query(
        'SELECT password_hash FROM credentials WHERE user_id = $1',
        [person.id],
      )
      return row!.password_hash as string
    }
    try {
      expect((await login(person.email, 'wrong', { url: raised.url })).status).toBe(401)
      expect(parseOptions(await hashOf())).toMatchObject({ memoryCost: 64, timeCost: 1 })
      expect((await login(person.email, person.password, { url: raised.url })).status).toBe(200)
      const renewed = await hashOf()
      expect(parseOptions(renewed)).toMatchObject({ memoryCost: 128, timeCost: 2, algorithm: 2 })
      expect((await login(person.email, person.password, { url: raised.url })).status).toBe(200)
      expect(await hashOf()).toBe(renewed)
    } finally {
      await raised.process.stop()
    }
  })
})

describe('guessing', () => {
  let person: Person
  beforeAll(async () => {
    person = await identity.register()
  })

  test('is stopped after five attempts from one network, with the right password too, for a second at first', async () => {
    const ip = newAddress()
    expect(await lockOut(person.email, ip)).toBe(5)
    const refused = await login(person.email, person.password, { ip })
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-attempts' } })
    expect(refused.headers.get('retry-after')).toBe('1')
    expect((await login(person.email, person.password)).status).toBe(200)
    identity.moveOn(1_000)
    expect((await login(person.email, person.password, { ip })).status).toBe(200)
    expect(await lockOut(person.email, ip)).toBe(5)
  })

  test('waits twice as long each time, up to a quarter of an hour', async () => {
    const stranger = someone().email
    const ip = newAddress()
    await lockOut(stranger, ip)
    const waits: number[] = []
    for (let i = 0; i < 12; i++) {
      const waitSeconds = Number((await login(stranger, 'guess', { ip })).headers.get('retry-after'))
      waits.push(waitSeconds)
      identity.moveOn(waitSeconds * 1_000)
      expect((await login(stranger, 'guess', { ip })).status).toBe(401)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
  })

  test('cannot be hurried by guessing at the same moment, or through another instance', async () => {
    const other = await identity.startAnother()
    try {
      const victim = await identity.register()
      const ip = newAddress()
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          login(victim.email, `guess ${i}`, { ip, ...(i % 2 ? { url: other.url } : {}) }),
        ),
      )
      const statuses = answers.map(answer => answer.status)
      expect(statuses.filter(status => status === 401)).toHaveLength(5)
      expect(statuses.filter(status => status === 429)).toHaveLength(55)
    } finally {
      await other.process.stop()
    }
  })

  test('counts all of an IPv6 /64 as one, and all spellings of an address as one', async () => {
    const { email } = await identity.register()
    for (const [i, spelling] of [email, email.toUpperCase(), ` ${email}`, `${email} `, email].entries())
      expect((await login(spelling, 'guess', { ip: `2001:db8:9:9::${i}` })).status).toBe(401)
    expect((await login(email, 'guess', { ip: '2001:db8:9:9:ffff::1' })).status).toBe(429)
    expect((await login(email, 'guess', { ip: '2001:db8:9:a::1' })).status).toBe(401)
  })

  test('from many networks is stopped too, and a known device goes on signing in all the while', async () => {
    const victim = await identity.register()
    const answers = []
    for (let i = 0; i < 60; i++) answers.push((await login(victim.email, `guess ${i}`)).status)
    expect(answers.filter(status => status === 401)).toHaveLength(50)
    expect((await login(victim.email, victim.password)).status).toBe(429)

    const known = await login(victim.email, victim.password, { deviceToken: victim.deviceToken })
    expect(known.status).toBe(200)
    const again = await login(victim.email, victim.password, { deviceToken: known.body.deviceToken })
    expect(again.status).toBe(200)
    expect((await login(victim.email, victim.password)).status).toBe(429)
  })

  test('with a stolen device token uses up the allowance of that device only', async () => {
    const victim = await identity.register()
    const second = await login(victim.email, victim.password)
    expect(await lockOut(victim.email, newAddress(), { deviceToken: victim.deviceToken })).toBe(5)
    const from = (deviceToken: string) => login(victim.email, victim.password, { deviceToken })
    expect((await from(victim.deviceToken)).status).toBe(429)
    expect((await from(second.body.deviceToken)).status).toBe(200)
  })

  test('gains nothing by a device token of another account, a forged one or one a year old', async () => {
    const victim = await identity.register()
    const attacker = await identity.register()
    const ip = newAddress()
    await lockOut(victim.email, ip)
    const [userId, deviceId, issued, mac] = attacker.deviceToken.split('.')
    for (const deviceToken of [
      attacker.deviceToken,
      `${victim.id}.${deviceId}.${issued}.${mac}`,
      `${userId}.${deviceId}.${issued}`,
      'x'.repeat(4_000),
      victim.refreshToken,
    ])
      expect((await login(victim.email, victim.password, { ip, deviceToken })).status).toBe(429)
    const { deviceToken } = victim
    identity.moveOn(366 * dayMs)
    await lockOut(victim.email, ip)
    expect((await login(victim.email, victim.password, { ip, deviceToken })).status).toBe(429)
  })

  test('is remembered over a restart', async () => {
    const victim = await identity.register()
    const ip = newAddress()
    await lockOut(victim.email, ip)
    const restarted = await identity.startAnother()
    try {
      expect((await login(victim.email, victim.password, { ip, url: restarted.url })).status).toBe(429)
    } finally {
      await restarted.process.stop()
    }
  })

  test('leaves no address of a mailbox or network behind', async () => {
    const ip = '198.51.100.77'
    await login('somebody.unknown@example.org', 'guess', { ip })
    const kept = JSON.stringify(await identity.database.query('SELECT * FROM login_throttles'))
    expect(kept).not.toContain('somebody')
    expect(kept).not.toContain('198.51')
    expect(identity.process.lines().join()).not.toMatch(/198\.51|somebody\.unknown/)
  })

  test('a person’s own twenty sign-ins at the same moment all succeed', async () => {
    const ip = newAddress()
    const person = await identity.register()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => login(person.email, person.password, { ip })),
    )
    expect(answers.map(answer => answer.status)).toEqual(Array(20).fill(200))
  })
})

test('a burst of sign-ins is told to come back, and who was told so has not used up an attempt', async () => {
  const narrow = await identity.startAnother({
    passwords: { cost: { memoryKib: 16_384, passes: 2, lanes: 1 }, concurrency: 1 },
    signInsAtOnce: 5,
  })
  try {
    const { email, password } = await identity.register()
    // The hash is made anew with the parameters of this instance, so that checking it takes its time.
    expect((await login(email, password, { url: narrow.url })).status).toBe(200)
    const guess = () => login(email, 'guess', { url: narrow.url })
    const burst = await Promise.all(Array.from({ length: 40 }, guess))
    const busy = burst.filter(answer => answer.status === 503)
    expect(busy.length).toBeGreaterThan(5)
    for (const { body, headers } of busy) {
      expect(body.code).toBe('busy')
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    let admitted = burst.filter(answer => answer.status === 401).length
    while ((await guess()).status === 401) admitted += 1
    expect(admitted).toBe(50)
  } finally {
    await narrow.process.stop()
  }
})
