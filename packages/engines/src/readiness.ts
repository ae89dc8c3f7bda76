import { setTimeout as delay } from 'node:timers/promises'
import { ENGINE_TITLES, type EngineName } from './engine.ts'
import { EngineError } from './errors.ts'

const ATTEMPT_TIMEOUT_MS = 2_000
const PAUSE_MS = 100

/**
 * Waits until a real client is served by the engine that is meant.
 *
 * @param isListening tells whether that engine is the one at the URL.
 * @throws EngineError with the client's last complaint after `timeoutMs`, or when `signal` aborts.
 */
export async function waitUntilReady(
  engine: EngineName,
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
  isListening: () => boolean = () => true,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal.throwIfAborted()
    try {
      if (!isListening()) throw new Error('it does not listen')
      return await CHECKS[engine](url)
    } catch (error) {
      if (error instanceof EngineError) throw error
      if (performance.now() > deadline)
        throw new EngineError(
          `${ENGINE_TITLES[engine]} at ${withoutPassword(url)} does not answer: ${(error as Error).message}`,
        )
    }
    await delay(PAUSE_MS, undefined, { signal })
  }
}

const withoutPassword = (url: string) => url.replace(/:[^:@/]*@/, ':***@')

// The clients are loaded when they are needed: a command that only asks for the status must not wait for them.
const CHECKS: Readonly<Record<EngineName, (url: string) => Promise<void>>> = {
  async postgres(url) {
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ATTEMPT_TIMEOUT_MS })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rowCount } = await client.query(`SELECT FROM pg_available_extensions WHERE name = 'postgis'`)
      if (rowCount === 0) throw new EngineError('PostgreSQL has no PostGIS: install it on that server')
    } finally {
      await client.end().catch(() => {})
    }
  },

  async redis(url) {
    const { createClient } = await import('redis')
    const client = createClient({
      url,
      socket: { reconnectStrategy: false, connectTimeout: ATTEMPT_TIMEOUT_MS },
    })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.ping()
    } finally {
      client.destroy()
    }
  },

  async kafka(brokers) {
    const { Kafka, logLevel } = await import('kafkajs')
    const admin = new Kafka({
      brokers: brokers.split(','),
      connectionTimeout: ATTEMPT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    }).admin()
    try {
      await admin.connect()
      await admin.listTopics()
    } finally {
      await admin.disconnect()
    }
  },

  async mongo(url) {
    const { MongoClient } = await import('mongodb')
    const client = new MongoClient(url, { serverSelectionTimeoutMS: ATTEMPT_TIMEOUT_MS })
    try {
      await client.db('admin').command({ hello: 1 })
    } finally {
      await client.close()
    }
  },
}
