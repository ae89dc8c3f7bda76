import { type Clock, type Part, systemClock } from '@walking-buddy/service-kit'
import type { Logger, Metrics } from '@walking-buddy/telemetry'
import { assertFence, grant, register } from './leases.ts'
import type { Postgres } from './postgres.ts'
import type { Tx } from './queryable.ts'

export interface ShardLeasesOptions {
  pg: Postgres
  /** What is divided, such as `publisher`. */
  resource: string
  /** How many; shards are 0 … shards − 1. The same number everywhere. With 1 it elects a leader. */
  shards: number
  /** Unique to the process instance. */
  holder: string
  /** A dead instance's shards pass on after this long. Renewed every third of it. */
  ttlMs: number
  log: Logger
  metrics: Metrics
  clock?: Clock
}

export interface ShardLeases {
  /** Shards that this instance may act on right now, with their fences. Ask before each piece of work. */
  held(): ReadonlyMap<number, bigint>
  /**
   * Call it in each transaction that writes for a shard: nobody else is granted it until the transaction ends.
   * @throws AppError unavailable `lease-lost` when the shard has passed on
   */
  assertHeld(tx: Tx, shard: number, fence: bigint): Promise<void>
}

/**
 * Divides shards evenly among the instances that live, each shard to one of them. An instance that joins has its
 * part within `ttlMs`; the shards of one that stops pass on within a third of it, of one that dies after `ttlMs`.
 */
export function shardLeases(options: ShardLeasesOptions): Part<ShardLeases> {
  const { pg, resource, shards, holder, ttlMs, log, metrics, clock = systemClock } = options
  const everyMs = ttlMs / 3
  const nameOf = (shard: number): string => `${resource}/${shard}`
  const shardOf = new Map(Array.from({ length: shards }, (_, shard) => [nameOf(shard), shard]))
  const nothing: ReadonlyMap<number, bigint> = new Map()

  return async () => {
    const stopping = new AbortController()
    const fences = new Map<number, bigint>()
    let heldUntilMs = Number.NEGATIVE_INFINITY
    let registered = false

    /** Our own view of time runs out before the database's: it starts before the request leaves. */
    const held = (): ReadonlyMap<number, bigint> =>
      !stopping.signal.aborted && clock.monotonicMs() < heldUntilMs ? fences : nothing

    const heldShards = metrics.gauge('lease_shards_held', 'Shards that this instance holds.', ['resource'])

    const renew = async (): Promise<void> => {
      const sentAtMs = clock.monotonicMs()
      const { rows } = await pg.query<{ resource: string }>(
        `UPDATE mechanism.leases AS lease SET expires_at = clock_timestamp() + $4 * interval '1 ms'
         FROM unnest($1::text[], $2::bigint[]) AS mine (resource, fence)
         WHERE lease.resource = mine.resource AND lease.fence = mine.fence AND lease.holder = $3
         RETURNING lease.resource`,
        [[...fences.keys()].map(nameOf), [...fences.values()], holder, ttlMs],
      )
      const renewed = new Set(rows.map(row => shardOf.get(row.resource)))
      for (const shard of [...fences.keys()])
        if (!renewed.has(shard)) {
          fences.delete(shard)
          log.warn({ resource, shard }, 'shard has passed on')
        }
      heldUntilMs = sentAtMs + ttlMs
    }

    /** Each instance computes the same division from the same list; together the parts make up all shards. */
    const fairShare = async (): Promise<number> => {
      await pg.query(
        `INSERT INTO mechanism.lease_members (resource, holder, expires_at)
         VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms')
         ON CONFLICT (resource, holder) DO UPDATE SET expires_at = excluded.expires_at`,
        [resource, holder, ttlMs],
      )
      const { rows } = await pg.query<{ holder: string }>(
        `WITH gone AS (
           DELETE FROM mechanism.lease_members WHERE resource = $1 AND expires_at < clock_timestamp() - interval '1 hour')
         SELECT holder FROM mechanism.lease_members WHERE resource = $1 AND expires_at > clock_timestamp()
         ORDER BY holder COLLATE "C"`,
        [resource],
      )
      const rank = rows.findIndex(row => row.holder === holder)
      return Math.floor(shards / rows.length) + (rank < shards % rows.length ? 1 : 0)
    }

    const release = async (given: readonly number[]): Promise<void> => {
      const leases = given.map(shard => ({ name: nameOf(shard), fence: fences.get(shard) }))
      // First here, then there: between the two nobody acts on the shard.
      for (const shard of given) fences.delete(shard)
      await pg.query(
        `UPDATE mechanism.leases AS lease SET holder = NULL, expires_at = '-infinity'
         FROM unnest($1::text[], $2::bigint[]) AS mine (resource, fence)
         WHERE lease.resource = mine.resource AND lease.fence = mine.fence AND lease.holder = $3`,
        [leases.map(lease => lease.name), leases.map(lease => lease.fence), holder],
      )
    }

    const tick = async (): Promise<void> => {
      if (!registered) await register(pg, [...shardOf.keys()])
      registered = true
      await renew()
      const share = await fairShare()
      if (fences.size > share) {
        const surplus = [...fences.keys()].sort((a, b) => a - b).slice(share)
        await release(surplus)
        log.info({ resource, released: surplus.length, held: fences.size }, 'shards handed over')
      } else if (fences.size < share) {
        const wanted = [...shardOf.keys()].filter(name => !fences.has(shardOf.get(name)!))
        const granted = await grant(pg, wanted, holder, ttlMs, share - fences.size)
        for (const lease of granted) fences.set(shardOf.get(lease.resource)!, lease.fence)
        if (granted.length > 0)
          log.info({ resource, granted: granted.length, held: fences.size }, 'shards taken')
      }
    }

    const run = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        await tick().catch(error => log.warn({ err: error, resource }, 'leases could not be renewed'))
        heldShards.set({ resource }, held().size)
        await clock.delay(everyMs, stopping.signal)
      }
      await release([...fences.keys()])
      await pg.query('DELETE FROM mechanism.lease_members WHERE resource = $1 AND holder = $2', [
        resource,
        holder,
      ])
    }

    const running = run()
    return {
      value: { held, assertHeld: (tx, shard, fence) => assertFence(tx, nameOf(shard), fence) },
      stop: async () => {
        stopping.abort()
        await running
      },
    }
  }
}
