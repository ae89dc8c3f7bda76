import type { Postgres } from './postgres.ts'
import type { Tx } from './queryable.ts'

/** The right to act on a resource for a while. */
export interface Lease {
  resource: string
  /** Unique to the process instance, not to the machine or the pod name. */
  holder: string
  /** Grows with every grant of the resource, never repeats. */
  fence: bigint
}

/** Mechanism `leases`: one holder of a resource at a time, by the clock of the database. */
export interface Leases {
  /** Undefined while another holder's lease lasts. A holder that asks again gets a new fence, its old one is void. */
  acquire(resource: string, holder: string, ttlMs: number): Promise<Lease | undefined>
  /** Prolongs to `ttlMs` from now; false when it has run out or passed on: stop acting on it. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>
  /** Lets others have it at once. Releasing a lease that is lost does nothing. */
  release(lease: Lease): Promise<void>
  /**
   * Call it in each transaction that writes under the lease: nobody else can be granted the resource until the
   * transaction ends, and a holder that was replaced cannot write.
   * @throws AppError unavailable `lease-lost`
   */
  assertHeld(tx: Tx, lease: Lease): Promise<void>
}

/** Needs mechanism `leases`. */
export function leases(pg: Postgres): Leases {
  throw new Error(typeof pg)
}
