import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { WalkStatus } from '@walking-buddy/contracts/grpc/walk'
import { until } from '@walking-buddy/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Mesh, mesh } from './mesh.ts'
import { type Network, network } from './network.ts'
import { type Phone, phone } from './phone.ts'

let world: Mesh
const phones: Phone[] = []
const networks: Network[] = []
const way = async (...ports: number[]) => {
  const made = await network(...ports)
  networks.push(made)
  return made
}
const call = async (port: number, token: string): Promise<Phone> => {
  const made = phone(port, token)
  phones.push(made)
  await made.first('session:ready')
  return made
}
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

/** Changes of one walk, each published on its own, with something in between. */
async function changesWith(
  userId: string,
  partnerId: string,
  count: number,
  between: (i: number) => Promise<unknown> | undefined,
) {
  const view = world.walk.create(userId, partnerId)
  await world.publish(world.change('walk:requested', view))
  for (let i = 1; i < count; i++) {
    await between(i)
    await world.publish(
      world.change('walk:updated', world.walk.changed(view.walk!.walkId, WalkStatus.IN_PROGRESS)),
    )
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

beforeAll(async () => {
  world = await mesh()
})
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
  for (const one of networks.splice(0)) one.close()
})
afterAll(() => world.end())

test('twenty cuts of the network, between two instances in turn: nothing lost, doubled or out of order', async () => {
  const [one, other] = [await world.instance(), await world.instance()]
  const net = await way(one.port, other.port)
  const [ann, bob] = [await world.person(), await world.person()]
  const devices = [await call(net.port, ann.token), await call(net.port, bob.token)]
  let cuts = 0
  await changesWith(ann.userId, bob.userId, 210, i => {
    if (i % 10 !== 0 || cuts === 20) return undefined
    cuts += 1
    net.cut()
    return until(() => devices.every(({ socket }) => !socket.connected))
  })
  expect(cuts).toBe(20)
  for (const device of devices) {
    await until(() => device.events.at(-1)?.seq === 210, { what: 'the last event', withinMs: 20_000 })
    expect(device.events.map(({ seq }) => seq)).toEqual(upTo(210))
    expect(
      device.told.filter(({ name, data }) => name === 'session:ready' && data['resumed'] === true).length,
    ).toBeGreaterThan(0)
    expect(device.told.map(({ name }) => name)).not.toContain('session:resync')
  }
  await one.stop()
  await other.stop()
})

test('before an instance stops its phones are sent elsewhere, spread over time, and miss nothing', async () => {
  const [leaving, staying] = [await world.instance({ DRAIN_MS: '1000' }), await world.instance()]
  const net = await way(leaving.port)
  const people = await Promise.all(Array.from({ length: 40 }, () => world.person()))
  const devices = await Promise.all(people.map(({ token }) => call(net.port, token)))
  net.leadTo(staying.port)
  const stopped = leaving.stop()
  const hints = await Promise.all(devices.map(device => device.first('session:draining')))
  await changesWith(people[0]!.userId, people[1]!.userId, 20, () => undefined)
  await stopped
  const spread = hints.map(({ reconnectAfterMs }) => Number(reconnectAfterMs))
  expect(Math.max(...spread)).toBeLessThanOrEqual(400)
  expect(new Set(spread).size).toBeGreaterThan(10)
  for (const device of devices)
    await until(
      () =>
        device.told.filter(({ name, data }) => name === 'session:ready' && data['resumed'] === true)
          .length === 1,
    )
  for (const device of devices.slice(0, 2)) {
    await until(() => device.events.length === 20)
    expect(device.events.map(({ seq }) => seq)).toEqual(upTo(20))
  }
  await staying.stop()
})

test('a connection that answers nothing does not hold up the end of its instance', async () => {
  const leaving = await world.instance()
  const silent = connect(leaving.port, '127.0.0.1', () =>
    silent.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ),
  )
  await new Promise(resolve => silent.once('data', resolve))
  const startedMs = performance.now()
  const closed = new Promise(resolve => silent.once('close', resolve))
  await leaving.stop()
  await closed
  expect(performance.now() - startedMs).toBeLessThan(6_000)
})

test('people on different instances meet: an event reaches both', async () => {
  const [one, other] = [await world.instance(), await world.instance()]
  const [ann, bob] = [await world.person(), await world.person()]
  const devices = [await call(one.port, ann.token), await call(other.port, bob.token)]
  await changesWith(ann.userId, bob.userId, 30, () => undefined)
  for (const device of devices) {
    await until(() => device.events.length === 30)
    expect(device.events.map(({ seq }) => seq)).toEqual(upTo(30))
  }
  await one.stop()
  await other.stop()
})

// Last, for the consumer group takes some seconds to miss its member.
test('an instance that is killed takes nothing with it: its phones go on at another one', async () => {
  const [first, second] = [await world.instanceProcess(await freePort()), await world.instance()]
  const net = await way(first.port)
  const [ann, bob] = [await world.person(), await world.person()]
  const devices = [await call(net.port, ann.token), await call(net.port, bob.token)]
  await changesWith(ann.userId, bob.userId, 80, async i => {
    if (i !== 30) return
    net.leadTo(second.port)
    await first.kill()
  })
  for (const device of devices) {
    // The partitions of the killed member pass on after its session has timed out.
    await until(() => device.events.at(-1)?.seq === 80, { what: 'the last event', withinMs: 40_000 })
    expect(device.events.map(({ seq }) => seq)).toEqual(upTo(80))
    expect(device.told.filter(({ name }) => name === 'session:ready').at(-1)!.data).toMatchObject({
      resumed: true,
    })
  }
})
