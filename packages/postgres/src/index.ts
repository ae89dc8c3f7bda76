export { createDatabaseIfMissing } from './create-database.ts'
export { isForeignKeyViolation, isUniqueViolation } from './failures.ts'
export {
  type Answer,
  type Command,
  fingerprintOf,
  type Idempotency,
  idempotency,
  type Json,
} from './idempotency.ts'
export { inbox } from './inbox.ts'
export { type Lease, type Leases, leases } from './leases.ts'
export { type Mechanism, type MigrateOptions, migrate } from './migrate.ts'
export { type OutboxRecord, outbox } from './outbox.ts'
export { type OutboxRelay, type OutboxRelayOptions, outboxRelay } from './outbox-relay.ts'
export { type Postgres, type PostgresConfig, type PostgresTools, postgres } from './postgres.ts'
export type { Queryable, QueryResult, Row, TransactionOptions, Tx } from './queryable.ts'
export { type RetentionOptions, retention } from './retention.ts'
export { type ShardLeases, type ShardLeasesOptions, shardLeases } from './shard-leases.ts'
