import { createHash } from 'node:crypto'
import {
  AppError,
  conflict,
  type ErrorKind,
  type FieldFault,
  httpStatusOf,
  isAppError,
} from '@walking-buddy/errors'
import { type Clock, systemClock } from '@walking-buddy/service-kit'
import type { Postgres } from './postgres.ts'
import type { Queryable, Tx } from './queryable.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A request that may come twice. */
export interface Command {
  /** Whose keys these are: the user or the session. */
  scope: string
  /** The operation id. */
  operation: string
  /** Idempotency-Key of REST, requestId of sockets: one space. Absent: the caller does not want it remembered. */
  key: string | undefined
  /** Of the body, by `fingerprintOf`. */
  fingerprint: string
}

/** What the caller was told, and will be told again. Without secrets: it is kept for days. */
export interface Answer {
  status: number
  body: Json
  headers?: Readonly<Record<string, string>>
}

/** Mechanism `idempotency`: a repeated command has one effect and one answer. */
export interface Idempotency {
  /**
   * The answer to an earlier run, before any work is done; undefined when there was none.
   * @throws AppError the stored refusal; conflict `idempotency-key-reused` when the body differs
   */
  recall(command: Command): Promise<Answer | undefined>
  /**
   * Runs `effect` and keeps its answer in one transaction; a repeat gets the same answer and has no effect.
   * A thrown AppError of 4xx (429 apart) is an answer too: the effect is undone, and repeats throw the same.
   * After 429, 5xx and anything else nothing is kept. A repeat while the first still runs waits for 3 s.
   * Without a key `effect` just runs in a transaction.
   *
   * @throws AppError conflict `in-progress` after that, conflict `idempotency-key-reused` when the body differs
   */
  once(command: Command, effect: (tx: Tx) => Promise<Answer>): Promise<Answer>
}

type KeyedCommand = Command & { key: string }

interface Refusal {
  kind: ErrorKind
  code: string
  detail?: string
  faults?: readonly FieldFault[]
  retryAfterSeconds?: number
  httpStatus?: number
}

type Outcome = { answer: Answer } | { refusal: Refusal }

const patienceMs = 3_000

/** Needs mechanism `idempotency`; `retention` forgets keys after a while. */
export function idempotency(pg: Postgres, { clock = systemClock }: { clock?: Clock } = {}): Idempotency {
  const inTurn = createTurns(clock)
  return {
    async recall(command) {
      if (!hasKey(command)) return undefined
      const outcome = await find(pg, command)
      return outcome && told(outcome)
    },
    async once(command, effect) {
      if (!hasKey(command)) return pg.transaction(effect)
      return inTurn(JSON.stringify([command.scope, command.operation, command.key]), async () =>
        told(await pg.transaction(tx => decide(tx, command, effect), { lockTimeoutMs: patienceMs })),
      )
    },
  }
}

const hasKey = (command: Command): command is KeyedCommand => command.key !== undefined

function told(outcome: Outcome): Answer {
  if ('answer' in outcome) return outcome.answer
  const { kind, code, ...options } = outcome.refusal
  throw new AppError(kind, code, options)
}

/** The outcome of this command: a new one, or the one that an earlier run left. */
async function decide(tx: Tx, command: KeyedCommand, effect: (tx: Tx) => Promise<Answer>): Promise<Outcome> {
  while (!(await claim(tx, command))) {
    const outcome = await find(tx, command)
    if (outcome) return outcome
  }
  const outcome = await attempt(tx, effect)
  await tx.query(
    'UPDATE mechanism.idempotency SET outcome = $4 WHERE scope = $1 AND operation = $2 AND key = $3',
    [command.scope, command.operation, command.key, JSON.stringify(outcome)],
  )
  return outcome
}

/** False when the key is taken. While another instance still works under it, this waits for its end. */
async function claim(tx: Tx, { scope, operation, key, fingerprint }: KeyedCommand): Promise<boolean> {
  try {
    const { rowCount } = await tx.query(
      `INSERT INTO mechanism.idempotency (scope, operation, key, fingerprint) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [scope, operation, key, fingerprint],
    )
    return rowCount === 1
  } catch (error) {
    throw isAppError(error) && error.code === 'database-busy' ? inProgress(error) : error
  }
}

async function find(
  db: Queryable,
  { scope, operation, key, fingerprint }: KeyedCommand,
): Promise<Outcome | undefined> {
  const { rows } = await db.query<{ fingerprint: string; outcome: Outcome }>(
    'SELECT fingerprint, outcome FROM mechanism.idempotency WHERE scope = $1 AND operation = $2 AND key = $3',
    [scope, operation, key],
  )
  if (rows[0] && rows[0].fingerprint !== fingerprint)
    throw conflict('idempotency-key-reused', 'This Idempotency-Key was used with another body.')
  return rows[0]?.outcome
}

/** A refusal is worth keeping when it would be the same for the same request at that time. */
async function attempt(tx: Tx, effect: (tx: Tx) => Promise<Answer>): Promise<Outcome> {
  try {
    return { answer: await tx.savepoint(() => effect(tx)) }
  } catch (error) {
    if (!isAppError(error)) throw error
    const status = error.httpStatus ?? httpStatusOf(error.kind)
    if (status < 400 || status > 499 || status === 429) throw error
    const { kind, code, detail, faults, retryAfterSeconds, httpStatus } = error
    return {
      refusal: {
        kind,
        code,
        ...(detail === '' ? {} : { detail }),
        ...(faults.length === 0 ? {} : { faults }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(httpStatus === undefined ? {} : { httpStatus }),
      },
    }
  }
}

const inProgress = (cause?: unknown) =>
  conflict('in-progress', 'The first request with this Idempotency-Key is still being worked on.', { cause })

/** One at a time per name within this process, so that repeats wait here and not with a connection each. */
function createTurns(clock: Clock) {
  const running = new Map<string, Promise<unknown>>()

  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const patienceEndsMs = clock.monotonicMs() + patienceMs
    for (let ahead = running.get(name); ahead; ahead = running.get(name)) {
      const leftMs = patienceEndsMs - clock.monotonicMs()
      if (leftMs <= 0) throw inProgress()
      const done = new AbortController()
      await Promise.race([ahead, clock.delay(leftMs, done.signal)])
      done.abort()
    }
    const turn = work()
    const settled = turn.then(
      () => running.delete(name),
      () => running.delete(name),
    )
    running.set(name, settled)
    return turn
  }
}

/** SHA-256 over a JSON body, whatever the order of its properties; absent and undefined are the same. */
export function fingerprintOf(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('base64url')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
