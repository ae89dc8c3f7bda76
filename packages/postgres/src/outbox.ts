import { carrierOfActiveSpan } from '@walking-buddy/telemetry'
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

/** Wakes the relay. */
export const outboxChannel = 'mechanism_outbox'

const valueLimitBytes = 128 * 1024

/** Mechanism `outbox`: events that leave the database only if, and soon after, the transaction commits. */
export const outbox = {
  /**
   * Adds events to the transaction, in the order given.
   *
   * Raise the aggregate's version first (its row lock makes writers wait for each other) and add its event after
   * that, in the same transaction: ids then follow versions, which is what keeps events of one aggregate in order.
   *
   * @throws RangeError for a value above 128 KiB: a record that the broker refuses would hold up all behind it
   */
  async add(tx: Tx, ...records: readonly OutboxRecord[]): Promise<void> {
    if (records.length === 0) return
    const tooLarge = records.find(record => (record.value?.byteLength ?? 0) > valueLimitBytes)
    if (tooLarge) throw new RangeError(`event ${tooLarge.type} is larger than ${valueLimitBytes} bytes`)
    const { traceparent } = carrierOfActiveSpan()
    await tx.query(
      `INSERT INTO mechanism.outbox (topic, key, value, event_id, event_type, occurred_at, traceparent)
       SELECT topic, key, value, event_id, event_type, occurred_at, traceparent
       FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[])
         WITH ORDINALITY AS record (topic, key, value, event_id, event_type, occurred_at, traceparent, position)
       ORDER BY position`,
      [
        records.map(record => record.topic),
        records.map(record => record.key),
        records.map(record => record.value),
        records.map(record => record.id),
        records.map(record => record.type),
        records.map(record => record.time),
        records.map(record => record.traceparent ?? traceparent ?? null),
      ],
    )
    tx.notify(outboxChannel)
  },
}
