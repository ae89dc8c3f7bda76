import { outbox, type Postgres, type Tx } from '@walking-buddy/postgres'
import type { Clock, Identifiers, Transact, Unit } from '../../../application/ports.ts'
import { eventRecordOf } from '../kafka/event-records.ts'
import { postgresAccounts } from './postgres-accounts.ts'
import { postgresBlocks } from './postgres-blocks.ts'
import { addRevocations } from './postgres-revocations.ts'
import { postgresSessions } from './postgres-sessions.ts'

export interface UnitTools {
  clock: Clock
  identifiers: Identifiers
  /** Called when revocations have committed. */
  revoked: () => void
}

/** What one transaction holds: state, the events that tell of it, and what has to act at once. */
export const postgresUnit =
  ({ clock, identifiers, revoked }: UnitTools) =>
  (tx: Tx): Unit => ({
    accounts: postgresAccounts(tx),
    sessions: postgresSessions(tx),
    blocks: postgresBlocks(tx),
    async announce(...facts) {
      const nowMs = clock.now()
      await outbox.add(
        tx,
        ...facts.map(fact => eventRecordOf(fact, identifiers.uuid(nowMs), new Date(nowMs))),
      )
    },
    async revoke(...revocations) {
      if (revocations.length === 0) return
      await addRevocations(tx, revocations)
      tx.afterCommit(revoked)
    },
  })

export const postgresTransact =
  (pg: Postgres, unitOf: (tx: Tx) => Unit): Transact =>
  work =>
    pg.transaction(tx => work(unitOf(tx)))
