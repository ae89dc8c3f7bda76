import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IdentityServiceService, identityCallers } from '@walking-buddy/contracts/grpc/identity'
import { topicSpecs } from '@walking-buddy/contracts/topics'
import { grpcClient, serviceTokens } from '@walking-buddy/grpc'
import { type Clock, systemClock } from '@walking-buddy/service-kit'
import { testDatabase, testProcess, testTopics } from '@walking-buddy/testkit'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { sharedSecret, standInPeers } from './stand-in-peers.ts'

/** Every field that some answer has: reading one that this answer lacks fails the assertion that reads it. */
export interface AnswerBody extends Session {
  status: number
  code: string
  requestId: string
  errors: { path: string; message: string }[]
  items: { userId: string; username: string; blockedAt: string }[]
  nextCursor: string | null
  keys: Record<string, string>[]
}

export interface Answer {
  status: number
  headers: Headers
  /** Parsed where it is JSON. */
  body: AnswerBody
  text: string
}

interface Session {
  user: { id: string; email: string; username: string }
  accessToken: string
  refreshToken: string
  safetyToken: string
  deviceToken: string
}

export interface Person extends Session {
  id: string
  email: string
  password: string
  username: string
}

let counter = 0
const suffix = () => `${randomBytes(5).toString('hex')}${counter++}`

/** A body that registers, unlike any other. */
export const someone = (changes: Record<string, unknown> = {}) => {
  const name = suffix()
  return {
    email: `walker-${name}@example.org`,
    password: `correct horse ${name}`,
    username: `walker.${name}`.slice(0, 30),
    birthDate: '1990-05-17',
    ...changes,
  }
}

export const newSigningKey = async (kid: string): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return { ...(await exportJWK(privateKey)), kid }
}

/** compose() on a database and topics of its own, with stand-ins for its peers, and a clock that can be moved on. */
export async function identityUnderTest(env: Record<string, string> = {}) {
  const [database, topics, peers, folder, ...keys] = await Promise.all([
    testDatabase('identity'),
    testTopics(topicSpecs.filter(spec => /^(user|session)\./.test(spec.name))),
    standInPeers(),
    mkdtemp(join(tmpdir(), 'identity-')),
    newSigningKey('first'),
    newSigningKey('second'),
  ])
  const keyFileOf = async (...signingKeys: JWK[]): Promise<string> => {
    const path = join(folder, `${randomUUID()}.json`)
    await writeFile(path, JSON.stringify({ keys: signingKeys }), { mode: 0o600 })
    return path
  }
  let offsetMs = 0
  const clock: Clock = { ...systemClock, now: () => Date.now() + offsetMs }
  const config = loadConfig({
    HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    POSTGRES_URL: database.url,
    KAFKA_BROKERS: topics.brokers.join(),
    TOPIC_PREFIX: topics.prefix,
    SERVICE_TOKEN_SECRET: sharedSecret.reveal(),
    MATCHING_GRPC: peers.matching.address,
    WALK_GRPC: peers.walk.address,
    IDENTITY_SIGNING_KEYS_FILE: await keyFileOf(...keys),
    IDENTITY_SECRET: randomBytes(32).toString('hex'),
    ALLOWED_ORIGINS: 'https://app.example.org',
    PASSWORD_MEMORY_KIB: '64',
    PASSWORD_PASSES: '1',
    PASSWORD_CONCURRENCY: '4',
    ...env,
  })
  const start = async (changes: Partial<typeof config> = {}) => {
    const process = testProcess('identity', { clock })
    const ports = await compose({ ...config, ...changes }, process)
    return { process, ...ports, url: `http://127.0.0.1:${ports.httpPort}` }
  }
  const running = await start()

  const call = async (
    method: string,
    path: string,
    options: {
      body?: unknown
      token?: string
      headers?: Record<string, string>
      ip?: string
      url?: string
    } = {},
  ): Promise<Answer> => {
    const response = await fetch(`${options.url ?? running.url}${path}`, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(options.ip === undefined ? {} : { 'x-forwarded-for': options.ip }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : {},
    }
  }

  const register = async (changes: Record<string, unknown> = {}): Promise<Person> => {
    const body = someone(changes)
    const answer = await call('POST', '/api/auth/register', { body })
    if (answer.status !== 201) throw new Error(`register: ${answer.status} ${answer.text}`)
    return { ...answer.body, ...body, id: answer.body.user.id }
  }

  /** identity as another service calls it. */
  const asService = async (service: string) => {
    const tokens = serviceTokens({ service, secret: sharedSecret, clock })
    const part = grpcClient(
      IdentityServiceService,
      identityCallers,
      { address: `127.0.0.1:${running.grpcPort}`, service: 'identity' },
      { tokens, metrics: running.process.metrics, clock },
    )
    const { value, stop } = await part(service)
    return { client: value, stop: () => stop!(AbortSignal.timeout(1_000)) }
  }

  return {
    ...running,
    config,
    database,
    topics,
    peers,
    clock,
    call,
    register,
    asService,
    /** A second instance on the same stores. */
    startAnother: start,
    /** One that signs by the first of these keys. */
    startAnotherWithKeys: async (...signingKeys: JWK[]) => {
      const keysFile = await keyFileOf(...signingKeys)
      return start({ signing: { ...config.signing, keysFile } })
    },
    keys,
    moveOn: (ms: number) => {
      offsetMs += ms
    },
    stop: async () => {
      await running.process.stop()
      await peers.stop()
      await Promise.all([database.drop(), topics.drop(), rm(folder, { recursive: true })])
    },
  }
}

export type IdentityUnderTest = Awaited<ReturnType<typeof identityUnderTest>>

export const newId = (): string => randomUUID()
export const dayMs = 86_400_000
