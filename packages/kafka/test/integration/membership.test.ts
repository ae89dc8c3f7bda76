import { systemClock } from '@walking-buddy/service-kit'
import { until } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import { network, numbers, startConsumer, stepEvent, stepsTopic, testCluster } from '../support.ts'

describe('membership', () => {
  test.concurrent('outlives a handler that takes longer than a session', async context => {
    const test = await testCluster(1, context)
    const seen: number[] = []
    await startConsumer(test, async ({ value }, signal) => {
      if (value.n === 1) await systemClock.delay(7_500, signal)
      seen.push(value.n)
    })
    await test.publishSteps({ walk: 'w', n: 1 }, { walk: 'w', n: 2 })
    await until(async () => (await test.committed('group'))[0] === 2, { withinMs: 12_000 })
    expect(seen).toEqual([1, 2])
  })

  test.concurrent('comes back by itself after the network was gone, without losing an event', async context => {
    const test = await testCluster(2, context)
    const { socketFactory, cut, mend } = network()
    const seen = new Set<number>()
    await startConsumer({ ...test, cluster: await test.open(socketFactory) }, async ({ value }) =>
      seen.add(value.n),
    )
    await test.publishSteps(...numbers(1, 10).map(n => ({ walk: `w${n}`, n })))
    await until(() => seen.size === 10)
    cut()
    await test.publishSteps(...numbers(11, 20).map(n => ({ walk: `w${n}`, n })))
    await systemClock.delay(1_000)
    mend()
    await until(() => seen.size === 20, { withinMs: 20_000 })
  })

  test.concurrent('of an instance that vanishes passes on when its session of 6 s ends', async context => {
    const test = await testCluster(2, context)
    const { socketFactory, cut } = network()
    const vanished: number[] = []
    const seen: number[] = []
    await startConsumer({ ...test, cluster: await test.open(socketFactory) }, async ({ value }) =>
      vanished.push(value.n),
    )
    await test.publishSteps({ walk: 'w', n: 1 })
    await until(() => vanished.length === 1)
    await startConsumer(test, async ({ value }) => seen.push(value.n))
    cut()
    const cutAt = performance.now()
    await test.publishSteps(...numbers(2, 20).map(n => ({ walk: `w${n}`, n })))
    await until(() => new Set(seen).size >= 19)
    expect(performance.now() - cutAt).toBeLessThan(12_000)
  })

  test.concurrent('waits for a cluster that is not there yet', async context => {
    const test = await testCluster(1, context)
    const { socketFactory, cut, mend } = network()
    cut()
    const seen: number[] = []
    await startConsumer({ ...test, cluster: await test.open(socketFactory) }, async ({ value }) =>
      seen.push(value.n),
    )
    await test.publishSteps({ walk: 'w', n: 1 })
    mend()
    await until(() => seen.length === 1, { withinMs: 20_000 })
  })

  test.concurrent('waits for a topic that is not there yet', async context => {
    const test = await testCluster(1, context)
    const late = stepsTopic('late')
    const seen: number[] = []
    await startConsumer({ ...test, steps: late }, async ({ value }) => seen.push(value.n))
    await systemClock.delay(1_000)
    await test.admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: test.cluster.prefixed('late'), numPartitions: 1 }],
    })
    await test.publish([stepEvent(late, { walk: 'w', n: 1 })])
    await until(() => seen.length === 1, { withinMs: 20_000 })
    await test.admin.deleteTopics({ topics: [test.cluster.prefixed('late')] })
  })

  test.concurrent('a stop while the cluster is away does not wait for it', async context => {
    const test = await testCluster(1, context)
    const { socketFactory, cut } = network()
    cut()
    const { stop } = await startConsumer({ ...test, cluster: await test.open(socketFactory) }, async () => {})
    const startedAt = performance.now()
    await stop()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

test.concurrent('when the driver gives up for good, the process is told to end', async context => {
  const test = await testCluster(1, context)
  const failed = Promise.withResolvers<unknown>()
  await startConsumer(test, async () => {}, {
    fail: failed.resolve,
    clock: {
      ...systemClock,
      // The driver takes a TypeError out of the loop for a fault that no restart mends.
      monotonicMs: () => {
        throw new TypeError('broken')
      },
    },
  })
  await test.publishSteps({ walk: 'w', n: 1 })
  expect(await failed.promise).toMatchObject({ message: 'consumer group cannot go on' })
})
