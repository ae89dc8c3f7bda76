import type { KafkaMessage } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { producer, tombstone } from '../../src/index.ts'
import { losesAnswers, network, stepEvent, testCluster } from '../support.ts'

const at = new Date('2026-03-29T01:02:03.456Z')
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const id = '01923b5e-0000-7000-8000-000000000001'

const numbersOf = (messages: KafkaMessage[]): number[] =>
  messages.map(message => JSON.parse(message.value!.toString()).n)

describe('a producer', () => {
  test('writes CloudEvents in binary mode with the bytes of the codec', async () => {
    const { publish, read, steps } = await testCluster(1)
    const value = Buffer.from([0, 255, 1])
    await publish([{ topic: 'steps', key: 'w1', value, id, type: 'step.taken', time: at, traceparent }])
    await publish([tombstone(steps, 'w1', { id, time: at })])
    const [event, erasure] = await read('steps')
    expect([event!.key?.toString(), event!.value, erasure!.value]).toEqual(['w1', value, null])
    const headers = Object.fromEntries(
      Object.entries(event!.headers!).map(([name, bytes]) => [name, bytes?.toString()]),
    )
    expect(headers).toEqual({
      'content-type': 'application/protobuf',
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: 'step.taken',
      ce_source: '/test',
      ce_subject: 'w1',
      ce_time: '2026-03-29T01:02:03.456Z',
      traceparent,
    })
  })

  test('keeps the order of each key through many concurrent calls and requests of any size', async () => {
    const { publish, read } = await testCluster(3)
    const calls = Array.from({ length: 60 }, (_, call) =>
      Array.from({ length: 50 }, (_, n) => ({
        topic: 'steps',
        key: `w${n % 5}`,
        value: Buffer.concat([Buffer.from(`${call * 50 + n}|`), Buffer.alloc(2_000)]),
        id,
        type: 'step.taken',
        time: at,
      })),
    )
    await Promise.all(calls.map(publish))
    const messages = await read('steps')
    expect(messages).toHaveLength(3_000)
    for (let w = 0; w < 5; w++) {
      const numbers = messages
        .filter(message => message.key?.toString() === `w${w}`)
        .map(message => Number.parseInt(message.value!.toString(), 10))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
  })

  test('gathers calls made while another is on its way: 1,000 calls in few requests', async () => {
    const { open, scope, metrics, steps } = await testCluster(1)
    const { publish } = await scope.start('own', producer(await open(), { source: '/test' }))
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => publish([stepEvent(steps, { walk: 'w', n })])))
    const requests = /kafka_produce_seconds_count\{[^}]*\} (\d+)/.exec(await metrics.text())
    expect(Number(requests![1])).toBeLessThan(20)
  })

  test('an acknowledgement lost on the way does not make a second record', async () => {
    const { open, scope, read, steps } = await testCluster(1)
    let toLose = 0
    const cluster = await open(losesAnswers(() => toLose-- > 0))
    const { publish } = await scope.start('own', producer(cluster, { source: '/test' }))
    await publish([stepEvent(steps, { walk: 'w', n: 1 })])
    toLose = 1
    await publish([stepEvent(steps, { walk: 'w', n: 2 })])
    await publish([stepEvent(steps, { walk: 'w', n: 3 })])
    expect(toLose).toBeLessThan(1)
    expect(numbersOf(await read('steps'))).toEqual([1, 2, 3])
  })

  test('the record after one that failed is never taken for its repeat and dropped', async () => {
    const { open, scope, read, steps } = await testCluster(1)
    let losing = false
    const cluster = await open(losesAnswers(() => losing))
    const { publish } = await scope.start('own', producer(cluster, { source: '/test' }))
    await publish([stepEvent(steps, { walk: 'w', n: 1 })])
    losing = true
    // It is written, only nobody hears of it.
    await expect(publish([stepEvent(steps, { walk: 'w', n: 2 })])).rejects.toMatchObject({
      kind: 'unavailable',
    })
    losing = false
    await publish([stepEvent(steps, { walk: 'w', n: 3 })])
    expect(numbersOf(await read('steps'))).toEqual([1, 2, 3])
  })

  test('without a cluster says so, lets nothing overtake what failed, and goes on when it is back', async () => {
    const { open, scope, read, steps } = await testCluster(1)
    const { socketFactory, cut, mend } = network()
    const { publish } = await scope.start('own', producer(await open(socketFactory), { source: '/test' }))
    await publish([stepEvent(steps, { walk: 'w', n: 1 })])
    cut()
    const failing = await Promise.allSettled(
      [2, 3, 4].map(n => publish([stepEvent(steps, { walk: 'w', n })])),
    )
    expect(failing).toMatchObject(
      Array.from({ length: 3 }, () => ({ reason: { kind: 'unavailable', code: 'kafka-unavailable' } })),
    )
    mend()
    for (const n of [2, 3, 4]) await publish([stepEvent(steps, { walk: 'w', n })])
    expect(numbersOf(await read('steps'))).toEqual([1, 2, 3, 4])
  })
})

test('readiness follows the cluster', async () => {
  const { open } = await testCluster(1)
  const { socketFactory, cut, mend } = network()
  const cluster = await open(socketFactory)
  await cluster.ready()
  cut()
  await expect(cluster.ready()).rejects.toMatchObject({ kind: 'unavailable', code: 'kafka-unavailable' })
  mend()
  await cluster.ready()
})
