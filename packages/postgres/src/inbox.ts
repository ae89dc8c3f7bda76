import type { Tx } from './queryable.ts'

/** Mechanism `inbox`: an event that is delivered again has no second effect. */
export const inbox = {
  /**
   * Call it first in the transaction that holds the effect. A concurrent delivery of the same event waits here.
   *
   * @param eventId `ce_id`, a UUID
   * @param consumer who applies it: each consumer of a database counts for itself
   * @returns true the first time; false when the effect has been committed before
   */
  async once(tx: Tx, eventId: string, consumer: string): Promise<boolean> {
    const { rowCount } = await tx.query(
      'INSERT INTO mechanism.inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [consumer, eventId],
    )
    return rowCount === 1
  },
}
