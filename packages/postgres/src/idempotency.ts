import type { Clock } from '@walking-buddy/service-kit'
import type { Postgres } from './postgres.ts'
import type { Tx } from './queryable.ts'

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
   *
   * @throws AppError conflict `in-progress` after that, conflict `idempotency-key-reused` when the body differs
   */
  once(command: Command, effect: (tx: Tx) => Promise<Answer>): Promise<Answer>
}

/** Needs mechanism `idempotency`; `retention` forgets keys after 7 days. */
export function idempotency(pg: Postgres, options?: { clock?: Clock }): Idempotency {
  throw new Error(`${typeof pg} ${typeof options}`)
}

/** SHA-256 over a body, whatever the order of its properties. */
export function fingerprintOf(body: unknown): string {
  throw new Error(typeof body)
}
