import { isOf, type Transition, type Walk } from '../domain/walk.ts'
import { commitTransitions, overdue, refreshActive } from './commit-transitions.ts'
import { ownWalk, walkNotFound } from './own-walk.ts'
import type { ActiveWalks, Transactions, Walks, WalkTx } from './ports.ts'
import type { InTurn } from './turns.ts'

export interface Change {
  /** Throws where the walk does not allow it; no event where it was done before. */
  apply: (walk: Walk) => Transition
  /** What else has to be true of it; asked before the transaction, which makes no remote calls. */
  before?: (walk: Walk) => Promise<void>
  /** Who must not be committed elsewhere meanwhile. */
  holding?: (walk: Walk) => readonly string[]
  /** What has to be true of those held. */
  check?: (tx: WalkTx, walk: Walk) => Promise<void>
}

/** One of a walk's two people does something to it. */
export type ChangeWalk = (userId: string, walkId: string, now: Date, change: Change) => Promise<Walk>

/**
 * In turn, and by the committed state where that is enough: of a thousand who race, one takes the row's lock and the
 * others read what came of it. A walk whose time is over counts as over, whether or not the clock has come around
 * to it.
 * @throws AppError not-found `walk-not-found`, conflict `illegal-transition`
 */
export const changeWalk =
  (deps: {
    walks: Walks
    transactions: Transactions
    activeWalks: ActiveWalks
    inTurn: InTurn
  }): ChangeWalk =>
  (userId, walkId, now, change) =>
    deps.inTurn(walkId, async () => {
      const planned = (walk: Walk): Transition[] => {
        const timed = overdue(walk, now)
        return [...timed, change.apply(timed.at(-1)?.walk ?? walk)].filter(({ event }) => event)
      }
      const seen = await ownWalk(deps.walks, userId, walkId)
      if (planned(seen).length === 0) return seen
      await change.before?.(seen)

      const walk = await deps.transactions.run(async tx => {
        const held = change.holding?.(seen) ?? []
        if (held.length > 0) await tx.lockPeople(held)
        const current = await tx.lock(walkId)
        if (!current || !isOf(current, userId)) throw walkNotFound()
        const transitions = planned(current)
        if (transitions.length > 0) await change.check?.(tx, current)
        return commitTransitions(tx, current, transitions, now)
      })
      await refreshActive(deps.activeWalks, walk)
      return walk
    })
