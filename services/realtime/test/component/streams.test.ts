import { randomUUID } from 'node:crypto'
import { WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import { until } from '@walking-buddy/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { network } from './network.ts'
import { type Phone, type PhoneOptions, phone } from './phone.ts'

let world: Mesh
let instance: Instance
const phones: Phone[] = []
const call = async (token: string, options?: PhoneOptions, port = instance.port): Promise<Phone> => {
  const made = phone(port, token, options)
  phones.push(made)
  await made.first('session:ready')
  return made
}
const couple = async () => ({ ann: await world.person(), bob: await world.person() })
const received = (client: Phone, count: number) =>
  until(() => client.events.length >= count, { what: `${count} events, there are ${client.events.length}` })
const seqs = (client: Phone) => client.events.map(({ seq }) => seq)
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** Many changes of one walk at once. */
const changes = async (userId: string, partnerId: string, count: number) => {
  const view = world.walk.create(userId, partnerId)
  const records = [world.change('walk:requested', view)]
  for (let i = 1; i < count; i++)
    records.push(world.change('walk:updated', world.walk.changed(view.walk!.walkId, WalkStatus.IN_PROGRESS)))
  await world.publish(...records)
  return view
}

beforeAll(async () => {
  world = await mesh()
  instance = await world.instance()
})
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
})
afterAll(() => world.end())

test('both people and all their devices learn of a walk, in order, as each may read it by REST', async () => {
  const { ann, bob } = await couple()
  const devices = [await call(ann.token), await call(ann.token), await call(bob.token)]
  const view = world.walk.create(ann.userId, bob.userId, { message: 'Hello' })
  const { walkId } = view.walk!
  const id = randomUUID()
  await world.publish(world.change('walk:requested', view, id))
  for (const device of devices) await received(device, 1)
  await world.publish(world.change('walk:accepted', world.walk.changed(walkId, WalkStatus.ACCEPTED)))
  for (const device of devices) {
    await received(device, 2)
    expect(device.events[0]).toMatchObject({
      name: 'walk:requested',
      seq: 1,
      id,
      at: expect.stringMatching(/Z$/),
      data: { id: walkId, status: 'requested', message: 'Hello', version: 1 },
    })
    expect(device.events[1]).toMatchObject({
      name: 'walk:accepted',
      seq: 2,
      data: { id: walkId, status: 'accepted', version: 2 },
    })
  }
})

test('an event that Kafka delivers three times is one event', async () => {
  const { ann, bob } = await couple()
  const device = await call(bob.token)
  const view = world.walk.create(ann.userId, bob.userId)
  const asked = world.change('walk:requested', view)
  const accepted = world.change('walk:accepted', world.walk.changed(view.walk!.walkId, WalkStatus.ACCEPTED))
  const started = world.change('walk:started', world.walk.changed(view.walk!.walkId, WalkStatus.IN_PROGRESS))
  await world.publish(started, asked, accepted, asked, started, accepted, accepted, asked, started)
  const end = world.walk.create(bob.userId, ann.userId)
  await world.publish(world.change('walk:requested', end))
  await until(() => device.events.some(({ data }) => data?.['id'] === end.walk!.walkId))
  await received(device, 4)
  expect(
    device.events.filter(({ data }) => data?.['id'] === view.walk!.walkId).map(({ name }) => name),
  ).toEqual(['walk:requested', 'walk:accepted', 'walk:started'])
  expect(seqs(device)).toEqual([1, 2, 3, 4])
})

test('a change whose predecessor never comes is told in the end', async () => {
  const { ann, bob } = await couple()
  const device = await call(bob.token)
  const view = world.walk.create(ann.userId, bob.userId)
  await world.publish(
    world.change('walk:accepted', world.walk.changed(view.walk!.walkId, WalkStatus.ACCEPTED)),
  )
  await until(
    async () =>
      (await world.database.query('SELECT FROM held_changes WHERE walk_id = $1', [view.walk!.walkId]))
        .length === 1,
  )
  expect(device.events).toEqual([])
  await world.database.query(`UPDATE held_changes SET held_at = held_at - interval '1 minute'`)
  await received(device, 1)
  // The one that was waited for comes late, and is part of what was told.
  await world.publish(world.change('walk:requested', view))
  await changes(ann.userId, bob.userId, 1)
  await received(device, 2)
  expect(device.events.map(({ name }) => name)).toEqual(['walk:accepted', 'walk:requested'])
  expect(device.events[1]!.data!['id']).not.toBe(view.walk!.walkId)
})

test('a phone that comes back gets what it missed, once and in order', async () => {
  const { ann, bob } = await couple()
  const first = await call(bob.token)
  await changes(ann.userId, bob.userId, 5)
  await received(first, 5)
  first.close()
  await changes(ann.userId, bob.userId, 90)
  await until(async () => Number((await world.streamOf(bob.userId))?.seq) === 95)
  const second = await call(bob.token, { resumeFrom: first.position()! })
  expect(await second.first('session:ready')).toMatchObject({
    stream: first.position()!.stream,
    seq: 5,
    resumed: true,
  })
  await received(second, 90)
  expect(seqs(second)).toEqual(upTo(95, 6))
})

test('a phone that knows nothing starts at the end', async () => {
  const { ann, bob } = await couple()
  await changes(ann.userId, bob.userId, 3)
  await until(async () => Number((await world.streamOf(bob.userId))?.seq) === 3)
  const device = await call(bob.token)
  expect(await device.first('session:ready')).toMatchObject({ seq: 3, resumed: false })
  await changes(ann.userId, bob.userId, 1)
  await received(device, 1)
  expect(seqs(device)).toEqual([4])
})

test('beyond the window of 1,000 events a phone is told to read everything anew', async () => {
  const { ann, bob } = await couple()
  const first = await call(bob.token)
  const { stream } = first.position()!
  first.close()
  // As many as the window holds are there already; the next ones push the oldest out.
  await world.database.query(
    `WITH stream AS (UPDATE user_streams SET seq = 1000 WHERE user_id = $1 RETURNING user_id)
     INSERT INTO user_events (user_id, seq, id, name, walk_id, version, at)
     SELECT user_id, seq, gen_random_uuid(), 'walk:updated', gen_random_uuid(), 1, now() FROM stream, generate_series(1, 1000) AS seq`,
    [bob.userId],
  )
  await changes(ann.userId, bob.userId, 10)
  await until(async () => Number((await world.streamOf(bob.userId))?.seq) === 1_010)
  expect(
    (await world.database.query('SELECT FROM user_events WHERE user_id = $1', [bob.userId])).length,
  ).toBe(1_000)

  const late = await call(bob.token, { resumeFrom: { stream, seq: 9 } })
  expect(await late.first('session:resync')).toEqual({ stream, seq: 1_010 })
  const inTime = await call(bob.token, { resumeFrom: { stream, seq: 10 } })
  await received(inTime, 1_000)
  expect(seqs(inTime)).toEqual(upTo(1_010, 11))
})

test('after seven days an event is outside the window, and gone', async () => {
  const { ann, bob } = await couple()
  await changes(ann.userId, bob.userId, 2)
  await until(async () => Number((await world.streamOf(bob.userId))?.seq) === 2)
  const [row] = await world.database.query<{ stream: string }>(
    'SELECT stream FROM user_streams WHERE user_id = $1',
    [bob.userId],
  )
  await world.database.query(
    `UPDATE user_events SET appended_at = appended_at - interval '8 days' WHERE user_id = $1 AND seq = 1`,
    [bob.userId],
  )
  expect(
    await (await call(bob.token, { resumeFrom: { stream: row!.stream, seq: 0 } })).first('session:resync'),
  ).toEqual({ stream: row!.stream, seq: 2 })
  const resumed = await call(bob.token, { resumeFrom: { stream: row!.stream, seq: 1 } })
  await received(resumed, 1)
  expect(seqs(resumed)).toEqual([2])
})

test('while the walk service is down events wait, and then come complete and in order', async () => {
  const { ann, bob } = await couple()
  const device = await call(bob.token)
  world.walk.fail(true)
  const asked = world.walk.asked()
  await changes(ann.userId, bob.userId, 10)
  await until(() => world.walk.asked() > asked + 2)
  expect(device.events).toEqual([])
  world.walk.fail(false)
  await received(device, 10)
  expect(seqs(device)).toEqual(upTo(10))
  expect(device.events.every(({ data }) => data !== null)).toBe(true)
})

test('an event is not told before its owner can be read at that version', async () => {
  const { ann, bob } = await couple()
  const device = await call(bob.token)
  const view = world.walk.create(ann.userId, bob.userId)
  await world.publish(world.change('walk:requested', view))
  await received(device, 1)
  const asked = world.walk.asked()
  await world.publish(
    world.change('walk:accepted', {
      ...view,
      walk: { ...view.walk!, version: 2, status: WalkStatus.ACCEPTED },
    }),
  )
  await until(() => world.walk.asked() > asked + 1)
  expect(device.events).toHaveLength(1)
  world.walk.changed(view.walk!.walkId, WalkStatus.ACCEPTED)
  await received(device, 2)
  expect(device.events[1]!.data).toMatchObject({ status: 'accepted', version: 2 })
})

test('what a reader may no longer see keeps its place and says nothing', async () => {
  const { ann, bob } = await couple()
  const [mine, theirs] = [await call(bob.token), await call(ann.token)]
  const view = world.walk.create(ann.userId, bob.userId, { message: 'secret' })
  world.walk.hide(bob.userId, view.walk!.walkId)
  await world.publish(world.change('walk:requested', view))
  await Promise.all([received(mine, 1), received(theirs, 1)])
  expect(mine.events[0]).toMatchObject({ seq: 1, name: 'walk:requested', data: null })
  expect(theirs.events[0]!.data).toMatchObject({ message: 'secret' })
})

test('a phone that confirms nothing gets 64 events, and the rest when it comes back', async () => {
  const { ann, bob } = await couple()
  const lazy = await call(bob.token, { confirms: false })
  const eager = await call(bob.token)
  await changes(ann.userId, bob.userId, 110)
  await received(eager, 110)
  expect(seqs(eager)).toEqual(upTo(110))
  expect(seqs(lazy)).toEqual(upTo(64))
  lazy.close()
  const again = await call(bob.token, { resumeFrom: lazy.position()! })
  await received(again, 46)
  expect(seqs(again)).toEqual(upTo(110, 65))
})

test('a phone so slow that events left the window is told to read everything anew, and goes on from there', async () => {
  const { ann, bob } = await couple()
  const slow = await call(bob.token, { confirms: false })
  await changes(ann.userId, bob.userId, 70)
  await received(slow, 64)
  await until(async () => Number((await world.streamOf(bob.userId))?.seq) === 70)
  await world.database.query('DELETE FROM user_events WHERE user_id = $1 AND seq <= 66', [bob.userId])
  for (const confirm of slow.unconfirmed) confirm()
  expect(await slow.first('session:resync')).toEqual({ stream: slow.position()!.stream, seq: 70 })
  await changes(ann.userId, bob.userId, 1)
  await received(slow, 65)
  expect(seqs(slow)).toEqual([...upTo(64), 71])
})

test('to a phone that a tunnel has cut off no more is sent than the window holds, and it misses nothing', async () => {
  const { ann, bob } = await couple()
  const way = await network(instance.port)
  const sent = async () =>
    Number(
      /^realtime_events_delivered_total\{name="walk:updated".*\} (\d+)$/m.exec(
        await instance.process.metrics.text(),
      )?.[1] ?? 0,
    )
  try {
    const device = await call(bob.token, {}, way.port)
    way.freeze()
    const before = await sent()
    await changes(ann.userId, bob.userId, 120)
    await until(async () => Number((await world.streamOf(bob.userId))?.seq) === 120)
    await until(async () => (await sent()) > before)
    expect(await sent()).toBeLessThanOrEqual(before + 64)
    expect(device.events).toEqual([])
    way.cut()
    await received(device, 120)
    expect(seqs(device)).toEqual(upTo(120))
  } finally {
    way.close()
  }
})

test('what a device has handled is written down for the user', async () => {
  const { ann, bob } = await couple()
  const [handles, reads] = [await call(bob.token), await call(ann.token, { confirms: false })]
  await changes(ann.userId, bob.userId, 7)
  await Promise.all([received(handles, 7), received(reads, 7)])
  await until(async () => Number((await world.streamOf(bob.userId))?.confirmed_seq) === 7)
  expect(Number((await world.streamOf(ann.userId))?.confirmed_seq)).toBe(0)
})

test('a lost hint delays an event by no more than the next look', async () => {
  const { ann, bob } = await couple()
  const device = await call(bob.token)
  const view = world.walk.create(ann.userId, bob.userId)
  await world.database.query(
    'INSERT INTO user_events (user_id, seq, id, name, walk_id, version, at) SELECT user_id, seq + 1, gen_random_uuid(), $2, $3, 1, now() FROM user_streams WHERE user_id = $1',
    [bob.userId, 'walk:requested', view.walk!.walkId],
  )
  await world.database.query('UPDATE user_streams SET seq = seq + 1 WHERE user_id = $1', [bob.userId])
  await until(() => device.events.length === 1, { withinMs: 5_000 })
})

test('the listener that loses its connection opens another', async () => {
  const { ann, bob } = await couple()
  const device = await call(bob.token)
  await world.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'realtime-listener' AND datname = current_database()`,
  )
  await until(
    async () =>
      (
        await world.database.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'realtime-listener' AND datname = current_database() AND query LIKE 'LISTEN%'`,
        )
      ).length === 1,
  )
  await changes(ann.userId, bob.userId, 2)
  await received(device, 2)
})
