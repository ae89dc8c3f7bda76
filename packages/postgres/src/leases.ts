import { unavailable } from '@walking-buddy/errors'
import type { Postgres } from './postgres.ts'
import type { Queryable, Tx } from './queryable.ts'

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
  /** Undefined while another holder's lease lasts. A holder that asks again gets a new fence; its old one is void. */
  acquire(resource: string, holder: string, ttlMs: number): Promise<Lease | undefined>
  /** Prolongs to `ttlMs` from now; false when it was released or has passed on: stop acting on it. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>
  /** Lets others have it at once. Releasing a lease that is lost does nothing. */
  release(lease: Lease): Promise<void>
  /**
   * Call it in each transaction that writes under the lease: nobody else is granted the resource until the
   * transaction ends, and a holder that was replaced cannot write.
   * @throws AppError unavailable `lease-lost`
   */
  assertHeld(tx: Tx, lease: Lease): Promise<void>
}

/** Needs mechanism `leases`. */
export function leases(pg: Postgres): Leases {
  return {
    async acquire(resource, holder, ttlMs) {
      await register(pg, [resource])
      const [lease] = await grant(pg, [resource], holder, ttlMs, 1)
      return lease
    },
    async renew({ resource, holder, fence }, ttlMs) {
      const { rowCount } = await pg.query(
        `UPDATE mechanism.leases SET expires_at = clock_timestamp() + $4 * interval '1 ms'
         WHERE resource = $1 AND holder = $2 AND fence = $3`,
        [resource, holder, fence, ttlMs],
      )
      return rowCount === 1
    },
    async release({ resource, holder, fence }) {
      await pg.query(
        `UPDATE mechanism.leases SET holder = NULL, expires_at = '-infinity'
         WHERE resource = $1 AND holder = $2 AND fence = $3`,
        [resource, holder, fence],
      )
    },
    assertHeld: (tx, { resource, fence }) => assertFence(tx, resource, fence),
  }
}

/** Makes resources known, held by nobody. */
export async function register(db: Queryable, resources: readonly string[]): Promise<void> {
  await db.query(
    `INSERT INTO mechanism.leases (resource, fence, expires_at)
     SELECT resource, 0, '-infinity' FROM unnest($1::text[]) AS resource
     ON CONFLICT DO NOTHING`,
    [resources],
  )
}

/**
 * Grants at most `limit` of the resources that nobody else holds. A resource whose former holder is still writing
 * is passed over rather than waited for.
 */
export async function grant(
  db: Queryable,
  resources: readonly string[],
  holder: string,
  ttlMs: number,
  limit: number,
): Promise<Lease[]> {
  const { rows } = await db.query<{ resource: string; fence: bigint }>(
    `WITH free AS (
       SELECT resource FROM mechanism.leases
       WHERE resource = ANY ($1) AND (expires_at <= clock_timestamp() OR holder = $2)
       ORDER BY resource LIMIT $4 FOR UPDATE SKIP LOCKED)
     UPDATE mechanism.leases AS lease
     SET holder = $2, fence = fence + 1, expires_at = clock_timestamp() + $3 * interval '1 ms'
     FROM free WHERE lease.resource = free.resource
     RETURNING lease.resource, lease.fence`,
    [resources, holder, ttlMs, limit],
  )
  return rows.map(({ resource, fence }) => ({ resource, holder, fence }))
}

/**
 * The row lock is what fences: a grant changes the fence, which waits for this transaction to end; after a grant
 * the fence is another. Whether time has run out does not matter as long as nobody else was granted it.
 */
export async function assertFence(tx: Tx, resource: string, fence: bigint): Promise<void> {
  const { rowCount } = await tx.query(
    'SELECT FROM mechanism.leases WHERE resource = $1 AND fence = $2 AND holder IS NOT NULL FOR KEY SHARE',
    [resource, fence],
  )
  if (rowCount === 0) throw unavailable('lease-lost')
}
