import { WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import { until } from '@walking-buddy/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { type Network, network } from './network.ts'
import { phone } from './phone.ts'

let world: Mesh
let instance: Instance
let toDatabase: Network
let databasePort: number

beforeAll(async () => {
  world = await mesh()
  const url = new URL(world.database.url)
  databasePort = Number(url.port)
  toDatabase = await network(databasePort)
  url.port = String(toDatabase.port)
  instance = await world.instance({ POSTGRES_URL: url.href })
})
afterAll(async () => {
  await world.end()
  toDatabase.close()
})

test('while the database is away sockets stay, new phones keep trying by themselves, and nothing is missed', async () => {
  const [ann, bob] = [await world.person(), await world.person()]
  const present = phone(instance.port, ann.token)
  await present.first('session:ready')
  const view = world.walk.create(ann.userId, bob.userId)
  await world.publish(world.change('walk:requested', view))
  await until(() => present.events.length === 1)

  // A port that nobody listens on.
  toDatabase.leadTo(1)
  toDatabase.cut()
  const newcomer = phone(instance.port, bob.token, { resumeFrom: { stream: '', seq: 0 } })
  const refusals: unknown[] = []
  newcomer.socket.on('connect_error', error => refusals.push(error))
  let tries = 0
  newcomer.socket.io.on('reconnect_attempt', () => (tries += 1))
  await world.publish(
    world.change('walk:accepted', world.walk.changed(view.walk!.walkId, WalkStatus.ACCEPTED)),
  )
  await until(() => tries > 3)
  expect(refusals).toEqual([])
  expect(present.socket.connected).toBe(true)
  expect(present.events).toHaveLength(1)
  expect(await present.send('presence:online')).toMatchObject({ ok: true })

  toDatabase.leadTo(databasePort)
  await newcomer.first('session:resync')
  await until(() => present.events.length === 2, { what: 'the event that waited' })
  expect(present.events.map(({ seq }) => seq)).toEqual([1, 2])
  present.close()
  newcomer.close()
})
