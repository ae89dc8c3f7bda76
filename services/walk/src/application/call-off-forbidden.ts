import type { Clock } from '@walking-buddy/service-kit'
import { callOff } from '../domain/life-cycle.ts'
import { commitTransitions, refreshActive } from './commit-transitions.ts'
import type { ActiveWalks, Identity, Transactions, Walks } from './ports.ts'

/** Of a person with any of the others; with everybody where none are named. */
export type CallOffForbidden = (userId: string, otherIds?: readonly string[]) => Promise<void>

/**
 * Ends the open walks of people who may no longer meet. A block or a suspension, heard by the watch or by Kafka, is
 * the occasion; identity decides, so that old news of a block that was taken back ends nothing.
 * @throws AppError unavailable while identity does not answer
 */
export const callOffForbidden =
  (deps: {
    walks: Walks
    transactions: Transactions
    identity: Identity
    activeWalks: ActiveWalks
    clock: Clock
  }): CallOffForbidden =>
  async (userId, otherIds) => {
    for (const open of await deps.walks.openBetween(userId, otherIds)) {
      if (await deps.identity.mayMeet(open.initiatorId, open.partnerId)) continue
      const now = new Date(deps.clock.now())
      const walk = await deps.transactions.run(async tx => {
        const current = await tx.lock(open.id)
        return current && commitTransitions(tx, current, [callOff(current, now)], now)
      })
      if (walk) await refreshActive(deps.activeWalks, walk)
    }
  }
