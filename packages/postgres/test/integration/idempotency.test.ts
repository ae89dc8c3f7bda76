import { AppError, exhausted, forbidden, invalid, isAppError, unavailable } from '@walking-buddy/errors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answer,
  type Command,
  fingerprintOf,
  idempotency,
  type Postgres,
  retention,
  type Tx,
} from '../../src/index.ts'
import { log, testDatabase, until } from '../support.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let pg: Postgres
beforeAll(async () => {
  database = await testDatabase(['idempotency'])
  pg = database.pg
  await pg.query('CREATE TABLE effects (name text NOT NULL)')
})
afterAll(() => database.drop())

const command = (key: string | undefined, body: unknown = {}): Command => ({
  scope: 'user-1',
  operation: 'requestWalk',
  key,
  fingerprint: fingerprintOf(body),
})

const effect =
  (
    name: string,
    answer: Answer = { status: 201, body: { z: name, a: [1, null, 'ü'] }, headers: { location: '/x' } },
  ) =>
  async (tx: Tx): Promise<Answer> => {
    await tx.query('INSERT INTO effects VALUES ($1)', [name])
    return answer
  }

const effectsOf = async (name: string): Promise<number> =>
  (await pg.query('SELECT FROM effects WHERE name = $1', [name])).rowCount

const refusalOf = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => expect.unreachable('it should have been refused'),
    error => (isAppError(error) ? error : Promise.reject(error)),
  )

test('200 concurrent repeats at two instances have one effect and one answer, byte for byte', async () => {
  const instances = [idempotency(pg), idempotency(await database.open())]
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => instances[n % 2]!.once(command('race'), effect('race'))),
  )
  expect(new Set(answers.map(answer => JSON.stringify(answer)))).toEqual(
    new Set(['{"status":201,"body":{"z":"race","a":[1,null,"ü"]},"headers":{"location":"/x"}}']),
  )
  expect(await effectsOf('race')).toBe(1)
})

test('repeats that wait hold no connections: others are served meanwhile', async () => {
  const narrow = await database.open({ poolSize: 2, connectTimeoutMs: 500 })
  const { once } = idempotency(narrow)
  const release = Promise.withResolvers<void>()
  const slow = async (tx: Tx): Promise<Answer> => {
    await release.promise
    return effect('narrow')(tx)
  }
  const repeats = Array.from({ length: 50 }, () => once(command('narrow'), slow))
  await narrow.ready()
  release.resolve()
  await Promise.all(repeats)
  expect(await effectsOf('narrow')).toBe(1)
})

test('an answer is recalled before work is done, and there is none before', async () => {
  const { once, recall } = idempotency(pg)
  expect(await recall(command('recalled'))).toBeUndefined()
  const answer = await once(command('recalled'), effect('recalled'))
  expect(await recall(command('recalled'))).toEqual(answer)
})

test('the same key with another body, or for another operation or person, is not the same command', async () => {
  const { once, recall } = idempotency(pg)
  await once(command('reused', { to: 'a' }), effect('reused'))
  const other = command('reused', { to: 'b' })
  expect(await refusalOf(once(other, effect('reused')))).toMatchObject({
    kind: 'conflict',
    code: 'idempotency-key-reused',
  })
  expect(await refusalOf(recall(other))).toMatchObject({ kind: 'conflict', code: 'idempotency-key-reused' })
  await once({ ...other, operation: 'else' }, effect('reused'))
  await once({ ...other, scope: 'user-2' }, effect('reused'))
  expect(await effectsOf('reused')).toBe(3)
})

test('a refusal undoes the effect and is repeated as it was', async () => {
  const { once, recall } = idempotency(pg)
  const refusal = invalid('bad-place', 'Not here.', {
    faults: [{ path: 'body.lat', message: 'too far' }],
    httpStatus: 413,
  })
  const refuse = async (tx: Tx): Promise<Answer> => {
    await effect('refused')(tx)
    throw refusal
  }
  const first = await refusalOf(once(command('refused'), refuse))
  const second = await refusalOf(once(command('refused'), effect('refused')))
  const third = await refusalOf(recall(command('refused')))
  for (const error of [first, second, third]) {
    const { kind, code, detail, faults, httpStatus } = refusal
    expect(error).toMatchObject({ kind, code, detail, faults, httpStatus })
  }
  expect(await effectsOf('refused')).toBe(0)
})

test.each([
  ['429', () => exhausted('slow-down')],
  ['503', () => unavailable('identity-down')],
  ['another status of 5xx', () => new AppError('forbidden', 'odd', { httpStatus: 500 })],
  ['a bug', () => new TypeError('oops')],
])('after %s nothing is kept: the repeat runs', async (name, failure) => {
  const { once } = idempotency(pg)
  const failing = async (tx: Tx): Promise<Answer> => {
    await effect(name)(tx)
    throw failure()
  }
  await expect(once(command(name), failing)).rejects.toThrow()
  expect(await effectsOf(name)).toBe(0)
  await once(command(name), effect(name))
  expect(await effectsOf(name)).toBe(1)
})

test('a repeat at another instance waits for the first; after 3 s it is told in-progress', async () => {
  const release = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const slow = async (tx: Tx): Promise<Answer> => {
    started.resolve()
    await release.promise
    return effect('slow')(tx)
  }
  const first = idempotency(pg).once(command('slow'), slow)
  await started.promise
  const startedAt = performance.now()
  const refused = await Promise.all([
    refusalOf(idempotency(pg).once(command('slow'), effect('slow'))),
    refusalOf(idempotency(await database.open()).once(command('slow'), effect('slow'))),
  ])
  expect(refused).toMatchObject([{ code: 'in-progress' }, { kind: 'conflict', code: 'in-progress' }])
  expect(performance.now() - startedAt).toBeGreaterThan(2_900)
  const patient = idempotency(pg).once(command('slow'), effect('slow'))
  release.resolve()
  expect(await patient).toEqual(await first)
  expect(await effectsOf('slow')).toBe(1)
})

test('without a key each call has its effect, and a refusal still undoes it', async () => {
  const { once, recall } = idempotency(pg)
  await once(command(undefined), effect('keyless'))
  await once(command(undefined), effect('keyless'))
  expect(await recall(command(undefined))).toBeUndefined()
  const refused = once(command(undefined), async tx => {
    await effect('keyless')(tx)
    throw forbidden('no')
  })
  expect(await refusalOf(refused)).toMatchObject({ code: 'no' })
  expect(await effectsOf('keyless')).toBe(2)
})

test('keys are forgotten when their time is up', async () => {
  const { once, recall } = idempotency(pg)
  await once(command('old'), effect('old'))
  await pg.query(`UPDATE mechanism.idempotency SET created_at = now() - interval '8 days' WHERE key = 'old'`)
  await once(command('young'), effect('young'))
  const { stop } = await retention({ pg, log, idempotencyMs: 7 * 86_400_000 })('retention')
  await until(async () => (await recall(command('old'))) === undefined)
  expect(await recall(command('young'))).toBeDefined()
  await stop!(AbortSignal.timeout(1_000))
})

test('a fingerprint does not depend on the order of properties, and on everything else', () => {
  expect(fingerprintOf({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(
    fingerprintOf({ b: { c: [1, 2] }, a: 1 }),
  )
  const others = [
    { a: 1 },
    { a: '1' },
    { a: [1] },
    { a: null },
    {},
    [],
    null,
    { a: [1, 2] },
    { a: [2, 1] },
    { '{"a"': 1 },
  ]
  expect(new Set(others.map(fingerprintOf)).size).toBe(others.length)
})
