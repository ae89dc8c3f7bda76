import { conflict, notFound, unavailable } from '@walking-buddy/errors'
import { systemClock } from '@walking-buddy/service-kit'
import { until } from '@walking-buddy/testkit'
import { describe, expect, test } from 'vitest'
import { type Handler, tombstone } from '../../src/index.ts'
import { numbers, type Step, startConsumer, stepEvent, testCluster } from '../support.ts'

describe('events', () => {
  test.concurrent('reach their handler decoded, in order of their key, and are committed after their effect', async context => {
    const test = await testCluster(3, context)
    const seen: Step[] = []
    await startConsumer(test, async ({ value, key, id, type, time, topic }) => {
      expect([key, type, topic, time instanceof Date, id.length]).toEqual([
        value.walk,
        'steps',
        'steps',
        true,
        36,
      ])
      seen.push(value)
    })
    const sent = numbers(1, 300).map(n => ({ walk: `w${n % 10}`, n }))
    await test.publishSteps(...sent)
    await until(() => seen.length === 300)
    for (let w = 0; w < 10; w++)
      expect(seen.filter(step => step.walk === `w${w}`)).toEqual(sent.filter(step => step.walk === `w${w}`))
    await until(
      async () =>
        (await test.committed('group')).reduce((sum, offset) => sum + Math.max(0, offset), 0) === 300,
    )
    expect(await test.metrics.text()).toMatch(
      /kafka_events_total\{topic="steps",group="group",outcome="handled",.*\} 300/,
    )
    await until(async () =>
      /kafka_consumer_lag\{topic="steps",group="group",.*\} 0/.test(await test.metrics.text()),
    )
  })

  test.concurrent('known to the inbox count as duplicates', async context => {
    const test = await testCluster(1, context)
    await startConsumer(test, async () => 'duplicate')
    await test.publishSteps({ walk: 'w', n: 1 })
    await until(async () => /outcome="duplicate",.*\} 1/.test(await test.metrics.text()))
  })

  test.concurrent('that were not committed come again to the next instance, the others do not', async context => {
    const test = await testCluster(1, context)
    const seen: number[] = []
    const reached = Promise.withResolvers<void>()
    const first = await startConsumer(test, async ({ value }, signal) => {
      if (value.n === 3) {
        reached.resolve()
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        throw new Error('stopped in the middle')
      }
      seen.push(value.n)
    })
    await test.publishSteps(...numbers(1, 5).map(n => ({ walk: 'w', n })))
    await reached.promise
    await first.stop(200)
    await startConsumer(test, async ({ value }) => seen.push(value.n))
    await until(() => seen.length === 5)
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  test.concurrent('are neither lost nor handled side by side when instances come and go', async context => {
    const test = await testCluster(6, context)
    const counts = new Map<number, number>()
    const busy = new Set<string>()
    const handler: Handler<Step> = async ({ value, key }) => {
      expect(busy.has(key)).toBe(false)
      busy.add(key)
      await systemClock.delay(2)
      busy.delete(key)
      counts.set(value.n, (counts.get(value.n) ?? 0) + 1)
    }
    const first = await startConsumer(test, handler)
    let n = 0
    const publishSome = () => test.publishSteps(...numbers(1, 200).map(() => ({ walk: `w${++n % 24}`, n })))
    await publishSome()
    await until(() => counts.size > 50)
    await startConsumer({ ...test, cluster: await test.open() }, handler)
    await publishSome()
    await until(() => counts.size > 250)
    await first.stop()
    await publishSome()
    await until(() => counts.size === 600, { withinMs: 20_000 })
    const again = [...counts.values()].filter(count => count > 1).length
    console.log(`600 events through two rebalances, ${again} of them more than once`)
  })
})

describe('a permanent failure', () => {
  test.concurrent('goes to the DLQ with its bytes, headers and the reason; the events behind it go on', async context => {
    const test = await testCluster(1, context)
    const seen: number[] = []
    await startConsumer(test, async ({ value }) => {
      if (value.n === 2) throw notFound('no-such-walk', 'It is gone.')
      seen.push(value.n)
    })
    const poison = { ...stepEvent(test.steps, { walk: 'w', n: 0 }), value: Buffer.from([0xff, 0x00, 0xfe]) }
    await test.publishSteps({ walk: 'w', n: 1 }, { walk: 'w', n: 2 })
    await test.publish([poison, tombstone(test.steps, 'w', { id: poison.id, time: poison.time })])
    await test.publishSteps({ walk: 'w', n: 3 })
    await until(() => seen.length === 2)
    expect(seen).toEqual([1, 3])
    await until(async () => (await test.committed('group'))[0] === 5)

    const letters = await test.read('steps.dlq')
    const header = (name: string) => letters.map(letter => letter.headers?.[name]?.toString())
    expect(letters.map(letter => letter.value)).toEqual([
      Buffer.from('{"walk":"w","n":2}'),
      poison.value,
      null,
    ])
    expect(letters.map(letter => letter.key?.toString())).toEqual(['w', 'w', 'w'])
    expect(header('dlq_reason')).toEqual(['no-such-walk', 'MalformedEvent', 'MalformedEvent'])
    expect(header('dlq_offset')).toEqual(['1', '2', '3'])
    expect(header('dlq_topic')).toEqual(['steps', 'steps', 'steps'])
    expect(header('ce_id')[1]).toBe(poison.id)
  })

  test.concurrent('of a record that is no CloudEvent goes there too', async context => {
    const test = await testCluster(1, context)
    await startConsumer(test, async () => {})
    const raw = test.cluster.client.producer()
    await raw.connect()
    await raw.send({
      topic: test.cluster.prefixed('steps'),
      messages: [{ key: null, value: 'what is this' }],
    })
    await raw.disconnect()
    await until(async () => (await test.committed('group'))[0] === 1)
    expect((await test.read('steps.dlq')).map(letter => letter.value?.toString())).toEqual(['what is this'])
  })

  test.concurrent('without a name (a bug) is tried three times first, and a race that passes is not buried', async context => {
    const test = await testCluster(1, context)
    const attempts: number[] = []
    await startConsumer(test, async ({ value }) => {
      attempts.push(value.n)
      if (value.n === 1) throw new RangeError('bug')
      if (value.n === 2 && attempts.length < 5) throw conflict('changed-meanwhile')
    })
    await test.publishSteps({ walk: 'w', n: 1 }, { walk: 'w', n: 2 }, { walk: 'w', n: 3 })
    await until(async () => (await test.committed('group'))[0] === 3)
    expect(attempts).toEqual([1, 1, 1, 2, 2, 3])
    expect(await test.read('steps.dlq')).toHaveLength(1)
  })

  test.concurrent('is not committed while the DLQ does not take it', async context => {
    const test = await testCluster(1, context)
    await test.admin.deleteTopics({ topics: [test.cluster.prefixed('steps.dlq')] })
    let attempts = 0
    await startConsumer(test, async () => {
      attempts++
      throw notFound('no-such-walk')
    })
    await test.publishSteps({ walk: 'w', n: 1 })
    await until(() => attempts >= 2, { withinMs: 20_000 })
    expect(await test.committed('group')).toEqual([-1])
    await test.admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: test.cluster.prefixed('steps.dlq'), numPartitions: 1 }],
    })
    await until(async () => (await test.committed('group'))[0] === 1, { withinMs: 20_000 })
    expect(await test.read('steps.dlq')).toHaveLength(1)
  })
})

describe('a dependency that is down', () => {
  test.concurrent.for([
    { told: 'an AppError', failure: (): Error => unavailable('identity-down') },
    {
      told: 'a network error that nobody named',
      failure: (): Error => Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    },
  ])(
    'told by $told, pauses its partition: order is kept, the DLQ stays empty, others go on',
    async ({ failure }, context) => {
      const test = await testCluster(6, context)
      let down = true
      let attempts = 0
      const seen: Step[] = []
      await startConsumer(test, async ({ value }) => {
        if (value.walk === 'held' && value.n >= 2) {
          attempts++
          if (down) throw failure()
        }
        seen.push(value)
      })
      const others = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
      await test.publishSteps(...numbers(1, 5).map(n => ({ walk: 'held', n })))
      await test.publishSteps(...others.map(walk => ({ walk, n: 1 })))
      await until(() => attempts >= 4)
      await test.publishSteps(...others.map(walk => ({ walk, n: 2 })))
      const blocked = (walk: string) => !seen.some(step => step.walk === walk && step.n === 2)
      await until(() => others.filter(blocked).length <= 4)
      expect(seen.filter(step => step.walk === 'held')).toEqual([{ walk: 'held', n: 1 }])
      down = false
      await until(() => seen.length === 5 + 16)
      expect(seen.filter(step => step.walk === 'held').map(step => step.n)).toEqual([1, 2, 3, 4, 5])
      expect(await test.read('steps.dlq')).toEqual([])
    },
  )
})
