import { unavailable } from '@walking-buddy/errors'
import { systemClock } from '@walking-buddy/service-kit'
import { randomName, until } from '@walking-buddy/testkit'
import { expect, test } from 'vitest'
import { type FollowerOptions, follower, type Handler, type Kafka, on } from '../../src/index.ts'
import { network, type Step, stepEvent, stepsTopic, testCluster } from '../support.ts'

type Cluster = Awaited<ReturnType<typeof testCluster>>

const startFollower = (
  { cluster, scope, steps }: Pick<Cluster, 'scope' | 'steps'> & { cluster: Kafka },
  handler: Handler<Step>,
  from: FollowerOptions['from'],
) =>
  scope.start(
    'follower',
    follower(cluster, {
      groupId: 'model',
      instance: randomName('pod'),
      topics: [on(steps, handler)],
      from,
      fail: error => {
        throw error
      },
    }),
  )

const steps = (from: number, to: number): Step[] =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ walk: `w${(from + n) % 7}`, n: from + n }))

test.concurrent('every instance sees every event of every partition, and knows when it has caught up', async context => {
  const test = await testCluster(4, context)
  await test.publishSteps(...steps(1, 100))
  const models = await Promise.all(
    [0, 1].map(async () => {
      const seen = new Set<number>()
      const { caughtUp } = await startFollower(
        { ...test, cluster: await test.open() },
        async ({ value }) => seen.add(value.n),
        'earliest',
      )
      await caughtUp
      expect(seen.size).toBe(100)
      return seen
    }),
  )
  await test.publishSteps(...steps(101, 120))
  await until(() => models.every(seen => seen.size === 120))
  const { groups } = await test.admin.listGroups()
  for (const { groupId } of groups.filter(group =>
    group.groupId.startsWith(test.cluster.prefixed('model')),
  )) {
    const [topic] = await test.admin.fetchOffsets({ groupId, topics: [test.cluster.prefixed('steps')] })
    expect(topic!.partitions.map(({ offset }) => offset)).toEqual(['-1', '-1', '-1', '-1'])
  }
})

test.concurrent('an empty topic is caught up with at once', async context => {
  const test = await testCluster(2, context)
  const { caughtUp } = await startFollower(test, async () => {}, 'earliest')
  await caughtUp
})

test.concurrent('from the latest, nothing of before comes, and nothing after caughtUp is missed', async context => {
  const test = await testCluster(2, context)
  await test.publishSteps(...steps(1, 20))
  const seen: number[] = []
  const { caughtUp } = await startFollower(test, async ({ value }) => seen.push(value.n), 'latest')
  await caughtUp
  // Long before its group is formed.
  await test.publishSteps(...steps(21, 40))
  await until(() => seen.length === 20)
  expect(seen.toSorted((a, b) => a - b)[0]).toBe(21)
})

test.concurrent('given offsets are where it starts, others at the earliest', async context => {
  const test = await testCluster(2, context)
  await test.publishSteps(...steps(1, 40))
  const offsets = await test.admin.fetchTopicOffsets(test.cluster.prefixed('steps'))
  const high = Number(offsets.find(({ partition }) => partition === 0)!.high)
  const seen: number[] = []
  const from = new Map([['steps', new Map([[0, BigInt(high - 3)]])]])
  const { caughtUp } = await startFollower(test, async ({ value }) => seen.push(value.n), from)
  await caughtUp
  expect(seen).toHaveLength(40 - high + 3)
})

test.concurrent('after the network was gone it goes on where it was: nothing twice, nothing missed', async context => {
  const test = await testCluster(2, context)
  const { socketFactory, cut, mend } = network()
  const seen: number[] = []
  await test.publishSteps(...steps(1, 30))
  const { caughtUp } = await startFollower(
    { ...test, cluster: await test.open(socketFactory) },
    async ({ value }) => seen.push(value.n),
    'earliest',
  )
  await caughtUp
  cut()
  await test.publishSteps(...steps(31, 60))
  // Longer than its session lasts: it has to join anew.
  await systemClock.delay(7_000)
  mend()
  await until(() => seen.length >= 60, { withinMs: 20_000 })
  expect(seen.toSorted((a, b) => a - b)).toEqual(steps(1, 60).map(({ n }) => n))
})

test.concurrent('it has not caught up while an event waits for a dependency', async context => {
  const test = await testCluster(1, context)
  let down = true
  let attempts = 0
  let caught = false
  await test.publishSteps(...steps(1, 3))
  const { caughtUp } = await startFollower(
    test,
    async () => {
      attempts++
      if (down) throw unavailable('down')
    },
    'earliest',
  )
  void caughtUp.then(() => {
    caught = true
  })
  await until(() => attempts >= 2)
  expect(caught).toBe(false)
  down = false
  await caughtUp
})

test.concurrent('a topic that is there only later does not keep it from catching up with all', async context => {
  const test = await testCluster(2, context)
  const late = stepsTopic('late')
  await test.publishSteps(...steps(1, 10))
  const seen: number[] = []
  const note: Handler<Step> = async ({ value }) => seen.push(value.n)
  const { caughtUp } = await test.scope.start(
    'follower',
    follower(test.cluster, {
      groupId: 'model',
      instance: randomName('pod'),
      topics: [on(test.steps, note), on(late, note)],
      from: 'earliest',
      fail: error => {
        throw error
      },
    }),
  )
  await test.admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic: test.cluster.prefixed('late'), numPartitions: 1 }],
  })
  await test.publish([stepEvent(late, { walk: 'w', n: 11 })])
  await caughtUp
  await until(() => seen.length === 11)
  await test.admin.deleteTopics({ topics: [test.cluster.prefixed('late')] })
})
