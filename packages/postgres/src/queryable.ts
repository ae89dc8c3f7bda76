/** One row as the driver gives it; see `postgres` for how types of columns arrive. */
export type Row = Record<string, unknown>

export interface QueryResult<R extends Row> {
  rows: R[]
  /** Rows returned, or rows changed where the statement returns none. */
  rowCount: number
}

/**
 * What a store needs to run SQL, inside a transaction (`Tx`) or outside of one (`Postgres`).
 *
 * Failures: AppError `unavailable` when the server cannot be reached, is shutting down or has no room, or a lock
 * could not be had in time; `timeout` when a statement took longer than allowed. Other failures of a statement are
 * the driver's `DatabaseError`: ask `isUniqueViolation` and the like about them.
 */
export interface Queryable {
  /** Runs one statement; values go into `params` ($1, $2…), never into the text. */
  query<R extends Row = Row>(sql: string, params?: readonly unknown[]): Promise<QueryResult<R>>
}

/** A running transaction; of no use after its `transaction` call has ended. One statement at a time. */
export interface Tx extends Queryable {
  /** Runs `work` in a savepoint: when it throws, its writes are undone and the transaction may go on. */
  savepoint<T>(work: () => Promise<T>): Promise<T>
  /** Runs `hook` once the transaction has committed, never after a rollback. For hints: it may be lost with the process. */
  afterCommit(hook: () => void): void
  /** Sends NOTIFY soon after the commit; it may be lost, so receivers poll as well. */
  notify(channel: string): void
}

export interface TransactionOptions {
  /** Default: read committed. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readOnly?: boolean
  /** How long one statement may take; 0 = without limit. Default: that of the pool. */
  statementTimeoutMs?: number
  /** How long to wait for a lock; 0 = without limit. Default: that of the pool. */
  lockTimeoutMs?: number
  /** How often `work` may run when the server reports a serialization failure or a deadlock. Default 5. */
  attempts?: number
}
