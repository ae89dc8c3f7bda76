import type { Tx } from './queryable.ts'

/** An event on its way to a topic, in CloudEvents terms. */
export interface OutboxRecord {
  /** Without the prefix of the environment. */
  topic: string
  /** The aggregate: events of one key keep their order. */
  key: string
  /** Encoded by the topic's codec; null is a tombstone (compacted topics forget the key). */
  value: Uint8Array | null
  /** `ce_id`: UUID of version 7; consumers deduplicate by it. */
  id: string
  /** `ce_type`, such as `walk.accepted`. */
  type: string
  /** `ce_time`: when it happened. */
  time: Date
  /** W3C trace context; `add` takes that of the running span when absent. */
  traceparent?: string | undefined
}

/** Mechanism `outbox`: events that leave the database only if, and soon after, the transaction commits. */
export const outbox = {
  /**
   * Adds events to the transaction, in the order given.
   *
   * Raise the aggregate's version first (its row lock makes writers wait for each other) and add its event after
   * that, in the same transaction: ids then follow versions, which is what keeps events of one aggregate in order.
   *
   * @throws Error for a value above 512 KiB: no broker would take it, and it would block all behind it
   */
  async add(tx: Tx, ...records: readonly OutboxRecord[]): Promise<void> {
    throw new Error(`${typeof tx} ${records.length}`)
  },
}
