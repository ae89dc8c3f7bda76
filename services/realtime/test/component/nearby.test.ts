import { randomUUID } from 'node:crypto'
import { areaOf, parseCellToken } from '@walking-buddy/cells'
import type { NearbyWalker } from '@walking-buddy/contracts/grpc/matching'
import { latestEvents } from '@walking-buddy/contracts/socket'
import { until } from '@walking-buddy/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Instance, type Mesh, mesh } from './mesh.ts'
import { type Phone, phone } from './phone.ts'
import { someCell } from './stand-ins.ts'

let world: Mesh
let instance: Instance
const phones: Phone[] = []
const call = async (token: string): Promise<Phone> => {
  const made = phone(instance.port, token)
  phones.push(made)
  await made.first('session:ready')
  return made
}
const walker = (more: Partial<NearbyWalker> = {}): NearbyWalker => ({
  userId: randomUUID(),
  username: 'cleo',
  age: 29,
  gender: '',
  preferredPace: 'brisk',
  profilePhotoUrl: '',
  cell: someCell,
  distanceMeters: 400,
  lastSeen: new Date('2026-05-01T10:00:00Z'),
  ...more,
})
const lists = (client: Phone) =>
  client.told.filter(({ name }) => name === 'users:nearby').map(({ data }) => data)
const told = (client: Phone, count: number) =>
  until(() => lists(client).length >= count, { what: `${count} lists` })

beforeAll(async () => {
  world = await mesh()
  instance = await world.instance()
})
afterEach(() => {
  for (const one of phones.splice(0)) one.close()
})
afterAll(() => world.end())

test('the first list of a connection is whole; then it is told only what changed', async () => {
  const { userId, token } = await world.person()
  const [cleo, dan] = [
    walker(),
    walker({ username: 'dan', gender: 'male', profilePhotoUrl: 'https://x.example/media/1' }),
  ]
  await world.matching.list(userId, [cleo])
  const client = await call(token)
  await told(client, 1)
  expect(lists(client)[0]).toEqual({
    reset: true,
    added: [
      {
        userId: cleo.userId,
        username: 'cleo',
        age: 29,
        gender: null,
        preferredPace: 'brisk',
        profilePhotoUrl: null,
        area: areaOf(parseCellToken(someCell)),
        distanceMeters: 400,
        lastSeen: '2026-05-01T10:00:00.000Z',
      },
    ],
    changed: [],
    removed: [],
    asOf: expect.stringMatching(/Z$/),
  })
  latestEvents['users:nearby'].parse(lists(client)[0])

  await world.matching.list(userId, [cleo, dan])
  await told(client, 2)
  await world.matching.list(userId, [{ ...cleo, distanceMeters: 600 }, dan])
  await told(client, 3)
  await world.matching.list(userId, [dan])
  await told(client, 4)
  expect(lists(client).slice(1)).toMatchObject([
    {
      added: [{ username: 'dan', gender: 'male', profilePhotoUrl: 'https://x.example/media/1' }],
      changed: [],
      removed: [],
    },
    { added: [], changed: [{ userId: cleo.userId, distanceMeters: 600 }], removed: [] },
    { added: [], changed: [], removed: [cleo.userId] },
  ])
  expect(
    lists(client)
      .slice(1)
      .every(delta => !('reset' in delta)),
  ).toBe(true)
})

test('a second device is told the whole list, and the first nothing', async () => {
  const { userId, token } = await world.person()
  await world.matching.list(userId, [walker(), walker()])
  const first = await call(token)
  await told(first, 1)
  const second = await call(token)
  await told(second, 1)
  expect(lists(second)[0]).toMatchObject({ reset: true, added: [{}, {}] })
  expect(lists(first)).toHaveLength(1)
})

test('when matching comes back nobody has vanished in between', async () => {
  const { userId, token } = await world.person()
  const [cleo, dan] = [walker(), walker()]
  await world.matching.list(userId, [cleo, dan])
  const client = await call(token)
  await told(client, 1)
  await world.matching.stop()
  await world.matching.start()
  await until(() => world.matching.follows(userId))
  await world.matching.list(userId, [dan])
  await told(client, 2)
  expect(lists(client)[1]).toMatchObject({ added: [], changed: [], removed: [cleo.userId] })
})

test('a list is asked for only while its viewer is here', async () => {
  const { userId, token } = await world.person()
  const client = await call(token)
  await until(() => world.matching.follows(userId))
  client.close()
  await until(() => !world.matching.follows(userId))
  const again = await call(token)
  await told(again, 1)
  expect(lists(again)[0]).toMatchObject({ reset: true })
})
