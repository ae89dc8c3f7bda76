import { Kafka, logLevel } from 'kafkajs'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import { createClient } from 'redis'

/** Clients that fail at once instead of waiting for a server to come back: tests want to see the failure. */
export async function withPostgres<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}

export const query = <Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> =>
  withPostgres(url, async client => (await client.query<Row>(sql)).rows)

export async function withRedis<T>(
  url: string,
  use: (client: Pick<ReturnType<typeof createClient>, 'get' | 'set'>) => Promise<T>,
): Promise<T> {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    client.destroy()
  }
}

export async function withMongo<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000, retryWrites: false })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

const PATIENT = 5

const kafkaOf = (brokers: string, retries: number) =>
  new Kafka({
    brokers: brokers.split(','),
    connectionTimeout: 10_000,
    logLevel: logLevel.NOTHING,
    retry: { retries },
  })

export async function createTopic(brokers: string, topic: string): Promise<void> {
  const admin = kafkaOf(brokers, PATIENT).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
  await admin.disconnect()
}

/** `send` resolves when the broker has acknowledged the value. */
export async function withProducer<T>(
  brokers: string,
  use: (send: (topic: string, value: string) => Promise<void>) => Promise<T>,
  retries = PATIENT,
): Promise<T> {
  const producer = kafkaOf(brokers, retries).producer()
  await producer.connect()
  try {
    return await use(async (topic, value) => {
      await producer.send({ topic, acks: -1, messages: [{ value }] })
    })
  } finally {
    await producer.disconnect()
  }
}

/** All that a topic holds. */
export async function readTopic(brokers: string, topic: string): Promise<string[]> {
  const kafka = kafkaOf(brokers, PATIENT)
  const admin = kafka.admin()
  await admin.connect()
  const partitions = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const count = partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  if (count === 0) return []

  const consumer = kafka.consumer({ groupId: `${topic}-${performance.now()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>(resolve => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(`${message.value}`)
        if (values.length >= count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return values
}
