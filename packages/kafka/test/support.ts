import { connect, type Socket } from 'node:net'
import { createScope, systemIdentifiers } from '@walking-buddy/service-kit'
import { createMetrics, silentLogger } from '@walking-buddy/telemetry'
import { engineUrls, randomName, until } from '@walking-buddy/testkit'
import type { ISocketFactory, KafkaMessage } from 'kafkajs'
import { onTestFinished as onThisTestFinished } from 'vitest'
import {
  type ConsumerOptions,
  consumer,
  type EventRecord,
  ensureTopics,
  eventRecord,
  type Handler,
  type Kafka,
  kafka,
  on,
  producer,
  type TopicCodec,
} from '../src/index.ts'

export interface Step {
  walk: string
  n: number
}

/** A topic of this test's own, whose values are JSON. */
export const stepsTopic = (name: string): TopicCodec<Step> => ({
  topic: name,
  dlq: `${name}.dlq`,
  encode: value => Buffer.from(JSON.stringify(value)),
  decode: bytes => JSON.parse(Buffer.from(bytes).toString()) as Step,
  key: value => value.walk,
})

export const stepEvent = (codec: TopicCodec<Step>, step: Step): EventRecord =>
  eventRecord(codec, step, { id: systemIdentifiers.uuid(Date.now()), time: new Date() })

/** What a client sees when the other side dies; without an error the driver would not notice. */
const reset = (): Error => Object.assign(new Error('connection reset'), { code: 'ECONNRESET' })

/** A network that can be cut, between one client and the brokers. */
export function network() {
  const sockets = new Set<Socket>()
  let up = true
  const socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = connect({ host, port: up ? port : 1 }, onConnect)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  return {
    socketFactory,
    cut(): void {
      up = false
      for (const socket of sockets) socket.destroy(reset())
    },
    mend(): void {
      up = true
    },
  }
}

/** A network on which requests arrive and answers do not, while `losing` says so. */
export const losesAnswers =
  (losing: () => boolean): ISocketFactory =>
  ({ host, port, onConnect }) => {
    const socket = connect({ host, port }, onConnect)
    const emit = socket.emit.bind(socket)
    socket.emit = (name: string | symbol, ...args: unknown[]) => {
      if (name !== 'data' || !losing()) return emit(name, ...args)
      socket.destroy(reset())
      return true
    }
    return socket
  }

/** A prefix of this test's own on the shared cluster; its topics go with the test. */
export async function testCluster(
  partitions: number,
  { onTestFinished }: { onTestFinished: (work: () => Promise<void>) => void } = {
    onTestFinished: onThisTestFinished,
  },
) {
  const topicPrefix = `${randomName('t')}.`
  const scope = createScope(silentLogger())
  const metrics = createMetrics({ service: 'test' })
  const open = (socketFactory?: ISocketFactory): Promise<Kafka> =>
    scope.start(
      'kafka',
      kafka(
        { brokers: engineUrls.kafka, clientId: 'test', topicPrefix },
        { log: silentLogger(), metrics, ...(socketFactory ? { socketFactory } : {}) },
      ),
    )
  const cluster = await open()
  const steps = stepsTopic('steps')
  await ensureTopics(cluster, [
    { name: steps.topic, partitions, config: {} },
    { name: steps.dlq, partitions: 1, config: {} },
  ])
  const { publish } = await scope.start('producer', producer(cluster, { source: '/test' }))
  const admin = cluster.client.admin()
  await admin.connect()
  onTestFinished(async () => {
    await scope.stop(10_000)
    await admin.deleteTopics({ topics: [steps.topic, steps.dlq].map(cluster.prefixed) })
    await admin.disconnect()
  })
  return {
    cluster,
    metrics,
    open,
    scope,
    steps,
    publish,
    admin,
    publishSteps: (...sent: Step[]) => publish(sent.map(step => stepEvent(steps, step))),
    /** Offsets that the group has committed, by partition; -1 where none. */
    async committed(groupId: string): Promise<number[]> {
      const [topic] = await admin.fetchOffsets({
        groupId: cluster.prefixed(groupId),
        topics: [cluster.prefixed(steps.topic)],
      })
      return topic!.partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
    },
    /** Everything on a topic so far, by the plain driver. */
    async read(name: string): Promise<KafkaMessage[]> {
      const topic = cluster.prefixed(name)
      const offsets = await admin.fetchTopicOffsets(topic)
      const expected = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
      const read: KafkaMessage[] = []
      const reader = cluster.client.consumer({ groupId: randomName('reader'), maxWaitTimeInMs: 100 })
      await reader.connect()
      await reader.subscribe({ topic, fromBeginning: true })
      await reader.run({ autoCommit: false, eachMessage: async ({ message }) => void read.push(message) })
      await until(() => read.length >= expected)
      await reader.disconnect()
      return read
    },
  }
}

const neverFails = (error: unknown): never => {
  throw new Error('the consumer gave up', { cause: error })
}

export type Cluster = Awaited<ReturnType<typeof testCluster>>

/** Starts a consumer of `steps`; stops with the test, or before. */
export async function startConsumer(
  { cluster, scope, steps }: Pick<Cluster, 'scope' | 'steps'> & { cluster: Kafka },
  handler: Handler<Step>,
  options: Partial<ConsumerOptions> = {},
) {
  const part = consumer(cluster, {
    groupId: 'group',
    topics: [on(steps, handler)],
    fail: neverFails,
    ...options,
  })
  const { stop } = await part('consumer')
  let stopped: Promise<void> | undefined
  const stopOnce = (withinMs = 5_000) => (stopped ??= stop!(AbortSignal.timeout(withinMs)))
  await scope.start('consumer', async () => ({ value: undefined, stop: () => stopOnce() }))
  return { stop: stopOnce }
}

export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n)
